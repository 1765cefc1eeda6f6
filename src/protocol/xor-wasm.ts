/**
 * Sixteen bytes at a time: XOR with a repeated four-byte key in WebAssembly SIMD, for payloads of some hundred bytes and more.
 * Made once when it is imported (about half a millisecond); the one page of memory is scratch, which carries nothing from one call to
 * the next, so two servers in one process never meet in it. It lives as long as the process and never grows.
 * Where WebAssembly cannot be had (no SIMD, limited address space, `--jitless`) it is null and `mask.ts` does without.
 *
 * The module as text:
 *
 *   (module (memory (export "m") 1 1)
 *     (func (export "x") (param $end64 i32) (param $end i32) (param $key i32) (result i32)
 *       (local $at i32) (local $keys v128) (local $seen v128) (local $word v128)
 *       (local.set $keys (i32x4.splat (local.get $key)))
 *       (block (br_if 0 (i32.eqz (local.get $end64)))
 *         (loop    ;; 4 × 16 bytes, the offset of the n-th is n × 16
 *           (v128.store offset=n (local.get $at)
 *             (local.tee $word (v128.xor (v128.load offset=n (local.get $at)) (local.get $keys))))
 *           (local.set $seen (v128.or (local.get $word) (local.get $seen)))
 *           (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end64)))))
 *       (block (br_if 0 (i32.ge_u (local.get $at) (local.get $end)))
 *         (loop    ;; the same with 1 × 16 bytes and $end
 *           …))
 *       (i8x16.bitmask (local.get $seen))))
 */

/** The scratch of one call, in bytes: one page of WebAssembly memory. */
export const XOR_BLOCK_BYTES = 65_536

export interface XorWasm {
  readonly scratch: Uint8Array
  /**
   * XORs `scratch[0, end)` with `key` (four bytes as they lie in memory); `end` is a multiple of 16, `end64` the multiple of 64 below it.
   * Returns 0 when no byte of the result is 0x80 or above.
   */
  readonly xor: (end64: number, end: number, key: number) => number
}

/** What is used of WebAssembly, which the types of Node 20 do not name. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object) => { exports: { m: { buffer: ArrayBuffer }; x: XorWasm['xor'] } }
}

/** One round of 16 bytes at the given offset from $at (local 3); keys are local 4, seen 5, word 6. */
function round(offset: number): number[] {
  const load = [0x20, 3, 0x20, 3, 0xfd, 0x00, 4, offset, 0x20, 4, 0xfd, 0x51, 0x22, 6]
  return [...load, 0xfd, 0x0b, 4, offset, 0x20, 6, 0x20, 5, 0xfd, 0x50, 0x21, 5]
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const code = [
    ...[3, 1, 0x7f, 1, 0x7b, 2, 0x7b, 0x20, 2, 0xfd, 0x11, 0x21, 4], // locals; $keys
    ...[0x02, 0x40, 0x20, 0, 0x45, 0x0d, 0, 0x03, 0x40, ...round(0), ...round(16), ...round(32), ...round(48)],
    ...[0x20, 3, 0x41, 0xc0, 0x00, 0x6a, 0x22, 3, 0x20, 0, 0x49, 0x0d, 0, 0x0b, 0x0b], // $at += 64
    ...[0x02, 0x40, 0x20, 3, 0x20, 1, 0x4f, 0x0d, 0, 0x03, 0x40, ...round(0)],
    ...[0x20, 3, 0x41, 16, 0x6a, 0x22, 3, 0x20, 1, 0x49, 0x0d, 0, 0x0b, 0x0b], // $at += 16
    ...[0x20, 5, 0xfd, 0x64, 0x0b],
  ]
  const size = (bytes: number): number[] => [(bytes & 0x7f) | 0x80, bytes >>> 7]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 8, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f], // type
    ...[3, 2, 1, 0], // function
    ...[5, 4, 1, 1, 1, 1], // memory: one page, for ever
    ...[7, 9, 2, 1, 0x6d, 2, 0, 1, 0x78, 0, 0], // exports m and x
    ...[10, ...size(code.length + 3), 1, ...size(code.length), ...code],
  ])
}

function instantiate(): XorWasm | null {
  try {
    const { m, x } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports
    return { scratch: new Uint8Array(m.buffer), xor: x }
  } catch {
    return null
  }
}

export const XOR_WASM: XorWasm | null = instantiate()
