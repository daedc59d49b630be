/* Encodes raw pixels as a JPEG of any kind, with libjpeg: the reference encoder of bench/decoders/compare.
 * usage: encode < jobs, one line each:
 *   IN OUT WIDTH HEIGHT COMPONENTS SPACE QUALITY SAMPLING PROGRESSIVE INTERLEAVED RESTART ARITHMETIC OPTIMIZE
 * IN holds WIDTH*HEIGHT*COMPONENTS bytes; SPACE: grey, rgb (stored as RGB), ycc, cmyk, ycck, two;
 * SAMPLING: as 2x1,1x1,1x1; RESTART: MCUs between restart markers, or 0. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

static jmp_buf failed;

static void fail(j_common_ptr info) {
  (*info->err->output_message)(info);
  longjmp(failed, 1);
}

static int encode(const char *in, const char *out, int w, int h, int n, const char *space, int quality, const char *sampling,
                  int progressive, int interleaved, int restart, int arithmetic, int optimize) {
  struct jpeg_compress_struct c;
  struct jpeg_error_mgr err;
  jpeg_scan_info scans[4];
  size_t row = (size_t)w * n;
  unsigned char *pixels = malloc(row * h);
  FILE *from = fopen(in, "rb");
  if (!from || fread(pixels, 1, row * h, from) != row * h) return 1;
  fclose(from);
  FILE *to = fopen(out, "wb");
  c.err = jpeg_std_error(&err);
  err.error_exit = fail;
  if (setjmp(failed)) { jpeg_destroy_compress(&c); fclose(to); remove(out); free(pixels); return 1; }
  jpeg_create_compress(&c);
  jpeg_stdio_dest(&c, to);
  c.image_width = w; c.image_height = h; c.input_components = n;
  c.in_color_space = n == 1 ? JCS_GRAYSCALE : n == 3 ? JCS_RGB : n == 4 ? JCS_CMYK : JCS_UNKNOWN;
  jpeg_set_defaults(&c);
  jpeg_set_colorspace(&c, !strcmp(space, "grey") ? JCS_GRAYSCALE : !strcmp(space, "rgb") ? JCS_RGB
      : !strcmp(space, "ycc") ? JCS_YCbCr : !strcmp(space, "cmyk") ? JCS_CMYK : !strcmp(space, "ycck") ? JCS_YCCK : JCS_UNKNOWN);
  jpeg_set_quality(&c, quality, TRUE);
  for (int i = 0; i < n; i++) {
    c.comp_info[i].h_samp_factor = sampling[4 * i] - '0';
    c.comp_info[i].v_samp_factor = sampling[4 * i + 2] - '0';
  }
  c.optimize_coding = optimize; c.restart_interval = restart; c.arith_code = arithmetic;
  if (progressive) jpeg_simple_progression(&c);
  else if (!interleaved) {
    memset(scans, 0, sizeof scans);
    for (int i = 0; i < n; i++) { scans[i].comps_in_scan = 1; scans[i].component_index[0] = i; scans[i].Se = 63; }
    c.scan_info = scans; c.num_scans = n;
  }
  jpeg_start_compress(&c, TRUE);
  while (c.next_scanline < c.image_height) {
    JSAMPROW line = pixels + row * c.next_scanline;
    jpeg_write_scanlines(&c, &line, 1);
  }
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  fclose(to);
  free(pixels);
  return 0;
}

int main(void) {
  char in[512], out[512], space[8], sampling[32];
  int w, h, n, quality, progressive, interleaved, restart, arithmetic, optimize;
  while (scanf("%511s %511s %d %d %d %7s %d %31s %d %d %d %d %d", in, out, &w, &h, &n, space, &quality, sampling, &progressive,
               &interleaved, &restart, &arithmetic, &optimize) == 13)
    if (encode(in, out, w, h, n, space, quality, sampling, progressive, interleaved, restart, arithmetic, optimize))
      fprintf(stderr, "cannot encode %s\n", out);
  return 0;
}
