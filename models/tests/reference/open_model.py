"""Opens a model file with Python's safetensors: the card, and every tensor's name and shape.

Checked with safetensors 0.8.0 and numpy. Run:
    pip install safetensors numpy
    python open_model.py runs/latest/model.safetensors
"""

import json
import sys

import numpy as np
from safetensors import safe_open

with safe_open(sys.argv[1], framework="np") as model:
    card = json.loads(model.metadata()["hebb"])
    print(json.dumps(card, indent=2, ensure_ascii=False))
    total = 0
    for name in sorted(model.keys()):
        tensor = model.get_tensor(name)
        assert tensor.dtype == np.float32 and np.isfinite(tensor).all(), name
        total += tensor.size
        # Dense weights are [in, out]: transpose them for torch.nn.Linear.
        print(f"{name:32} {list(tensor.shape)}")
    print(f"{total:,} parameters, format version {card['format_version']}")
