//! No module of a crate imports itself through others: imports form no circle.
//!
//! A module is a file. It imports another when it uses an item defined there: by `use`, by a path in its code,
//! or by a path inside a macro call. A re-export (`pub use`, `pub(crate) use`) is followed to the definition and is no import of
//! its own, so that a `lib.rs` or `mod.rs` can be the table of contents of its modules. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, UseTree, Visibility};

/// The crates of the workspace, whose imports must form no circle.
const CRATES: [&str; 10] = [
    "kernels", "neurons", "metrics", "files", "figures", "datasets", "models", "train", "infer",
    "bench",
];

#[test]
fn imports_form_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let circles: Vec<String> = CRATES
        .iter()
        .flat_map(|name| Crate::read(&root.join(name).join("src/lib.rs")).circles())
        .collect();
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

/// The segments of a path, from the crate's root: a module, or a module and an item of it.
type Place = Vec<String>;

/// What the files of one crate define and use.
#[derive(Default)]
struct Crate {
    /// The file of each module; modules inside a file have the file they stand in.
    modules: BTreeMap<Place, PathBuf>,
    /// The items that a module defines itself.
    items: BTreeSet<Place>,
    /// Where a name in a module comes from, by `use`.
    aliases: BTreeMap<Place, Place>,
    /// Modules that a module imports everything of.
    globs: BTreeMap<Place, Vec<Place>>,
    /// What each module uses, as written there.
    uses: Vec<(Place, Place)>,
}

impl Crate {
    fn read(root: &Path) -> Self {
        let mut found = Self::default();
        found.read_file(root, Vec::new(), root.parent().unwrap());
        found
    }

    /// Reads the file of `module`, whose own modules are in `folder`.
    fn read_file(&mut self, file: &Path, module: Place, folder: &Path) {
        let text = fs::read_to_string(file).unwrap();
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(&parsed.items, module, file, folder);
    }

    fn read_items(&mut self, items: &[Item], module: Place, file: &Path, folder: &Path) {
        self.modules.insert(module.clone(), file.to_owned());
        for item in items.iter().filter(|item| !is_test(item)) {
            if let Some(name) = name(item) {
                self.items.insert(child(&module, &name));
            }
            match item {
                Item::Mod(inner) => self.read_module(inner, &module, file, folder),
                Item::Use(import) => {
                    let exported = !matches!(import.vis, Visibility::Inherited);
                    self.read_use(&import.tree, &module, Vec::new(), exported);
                }
                other => {
                    let mut paths = Paths::default();
                    paths.visit_item(other);
                    self.uses
                        .extend(paths.0.into_iter().map(|path| (module.clone(), path)));
                }
            }
        }
    }

    fn read_module(&mut self, inner: &syn::ItemMod, module: &Place, file: &Path, folder: &Path) {
        let name = inner.ident.to_string();
        let place = child(module, &name);
        match &inner.content {
            Some((_, items)) => self.read_items(items, place, file, &folder.join(&name)),
            None => {
                let flat = folder.join(format!("{name}.rs"));
                let own = folder.join(&name);
                let file = if flat.is_file() {
                    flat
                } else {
                    own.join("mod.rs")
                };
                self.read_file(&file, place, &own);
            }
        }
    }

    /// Notes what a `use` brings into `module`; `prefix` is the path so far.
    fn read_use(&mut self, tree: &UseTree, module: &Place, prefix: Place, exported: bool) {
        let mut note = |name: String, path: Place| {
            if !exported {
                self.uses.push((module.clone(), path.clone()));
            }
            self.aliases
                .insert(child(module, &name), absolute(module, &path));
        };
        match tree {
            UseTree::Path(path) => {
                let prefix = child(&prefix, &path.ident.to_string());
                self.read_use(&path.tree, module, prefix, exported);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_use(tree, module, prefix.clone(), exported);
                }
            }
            UseTree::Name(name) if name.ident == "self" => {
                note(prefix.last().unwrap().clone(), prefix.clone());
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                note(name.clone(), child(&prefix, &name));
            }
            UseTree::Rename(rename) => {
                let path = match rename.ident.to_string().as_str() {
                    "self" => prefix.clone(),
                    name => child(&prefix, name),
                };
                note(rename.rename.to_string(), path);
            }
            UseTree::Glob(_) => {
                let from = absolute(module, &prefix);
                self.globs.entry(module.clone()).or_default().push(from);
                if !exported {
                    self.uses.push((module.clone(), prefix));
                }
            }
        }
    }

    /// The module that defines what `path` names, if it is of this crate.
    fn definition(&self, path: &Place, depth: usize) -> Option<Place> {
        let length = (0..=path.len())
            .rev()
            .find(|&length| self.modules.contains_key(&path[..length]))?;
        let module = path[..length].to_vec();
        let Some(name) = path.get(length) else {
            return Some(module);
        };
        let item = child(&module, name);
        if self.items.contains(&item) || depth == 0 {
            return Some(module);
        }
        if let Some(target) = self.aliases.get(&item) {
            return self.definition(
                &[target.as_slice(), &path[length + 1..]].concat(),
                depth - 1,
            );
        }
        let globs = self.globs.get(&module).into_iter().flatten();
        globs
            .filter(|from| {
                self.items.contains(&child(from, name))
                    || self.aliases.contains_key(&child(from, name))
            })
            .find_map(|from| self.definition(&child(from, name), depth - 1))
    }

    /// The files that each file imports, with the path that says so.
    fn imports(&self) -> BTreeMap<&Path, BTreeMap<&Path, String>> {
        let mut imports: BTreeMap<&Path, BTreeMap<&Path, String>> = BTreeMap::new();
        for (module, path) in &self.uses {
            let first = path.first().map_or("", String::as_str);
            let is_child = self.modules.contains_key(&child(module, first));
            if !matches!(first, "crate" | "self" | "super") && !is_child {
                continue; // another crate's, or a name that a `use` has brought
            }
            let Some(defined) = self.definition(&absolute(module, path), 8) else {
                continue;
            };
            let (from, to) = (&*self.modules[module], &*self.modules[&defined]);
            if from != to {
                imports
                    .entry(from)
                    .or_default()
                    .entry(to)
                    .or_insert_with(|| path.join("::"));
            }
        }
        imports
    }

    /// A line for every set of files that import each other.
    fn circles(&self) -> Vec<String> {
        let imports = self.imports();
        let reached = |from: &Path| {
            let mut seen = BTreeSet::new();
            let mut open: Vec<&Path> = vec![from];
            while let Some(file) = open.pop() {
                for next in imports.get(file).into_iter().flat_map(|to| to.keys()) {
                    if seen.insert(*next) {
                        open.push(next);
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Path, BTreeSet<&Path>> =
            imports.keys().map(|file| (*file, reached(file))).collect();
        let mut named = BTreeSet::new();
        let mut circles = Vec::new();
        for (file, all) in reached.iter().filter(|(file, all)| all.contains(*file)) {
            if named.contains(file) {
                continue;
            }
            let circle: BTreeSet<&Path> = all
                .iter()
                .filter(|other| reached.get(*other).is_some_and(|back| back.contains(file)))
                .copied()
                .collect();
            let inside = circle.iter().flat_map(|from| {
                let to = imports[from].iter().filter(|(to, _)| circle.contains(*to));
                to.map(move |(to, path)| {
                    format!("    {} uses {path} of {}", short(from), short(to))
                })
            });
            let lines: Vec<String> = inside.collect();
            circles.push(format!(
                "a circle of {} files:\n{}",
                circle.len(),
                lines.join("\n")
            ));
            named.extend(circle);
        }
        circles
    }
}

/// Every path of an item that begins with `crate`, `self` or `super`, or has several segments.
#[derive(Default)]
struct Paths(Vec<Place>);

impl Visit<'_> for Paths {
    fn visit_path(&mut self, path: &syn::Path) {
        self.0.push(
            path.segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect(),
        );
        visit::visit_path(self, path);
    }

    /// Skips the path of a `pub(super)` or `pub(in path)`, which imports nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}

    fn visit_macro(&mut self, call: &syn::Macro) {
        self.read_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_item_macro(&mut self, call: &syn::ItemMacro) {
        self.read_tokens(call.mac.tokens.clone());
    }
}

impl Paths {
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path = Place::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(name) if colons == 2 => path.push(name.to_string()),
                TokenTree::Ident(name) => {
                    self.0
                        .push(std::mem::replace(&mut path, vec![name.to_string()]));
                }
                TokenTree::Group(group) => {
                    self.0.push(std::mem::take(&mut path));
                    self.read_tokens(group.stream());
                }
                _ => self.0.push(std::mem::take(&mut path)),
            }
            colons = 0;
        }
        self.0.push(path);
    }
}

fn child(module: &[String], name: &str) -> Place {
    [module, &[name.to_owned()]].concat()
}

/// A path as written in `module`, from the crate's root.
fn absolute(module: &Place, path: &Place) -> Place {
    let mut place = module.clone();
    for segment in path {
        match segment.as_str() {
            "crate" => place.clear(),
            "self" => {}
            "super" => {
                place.pop();
            }
            name => place.push(name.to_owned()),
        }
    }
    place
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        is_cfg
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|flag| flag == "test")
    })
}

/// The name that an item defines.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// A file's path from the folder of its crate.
fn short(file: &Path) -> String {
    let parts: Vec<_> = file
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let start = parts.iter().rposition(|part| part == "src").unwrap_or(1) - 1;
    parts[start..].join("/")
}
