/**
 * Writes the text of a /proc/self/smaps from a short list, with the lines in between that a kernel has. Pure.
 */

/** One mapping: `address size rights rss flags name`, sizes in KiB; a name with a slash is a file. */
export function smapsText(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const [address = '', size = '', rights = '', rss = '', flags = '', ...name] = line.trim().split(/\s+/)
      const start = BigInt(`0x${address}`)
      const end = start + BigInt(size) * 1024n
      const inode = name.join(' ').startsWith('/') ? 247026 : 0
      return [
        `${start.toString(16)}-${end.toString(16)} ${rights} 00000000 fe:00 ${inode}${' '.repeat(20)}${name.join(' ')}`,
        `Size:           ${size.padStart(8)} kB`,
        ...['KernelPageSize:        4 kB', 'MMUPageSize:           4 kB'],
        `Rss:            ${rss.padStart(8)} kB`,
        `Pss:            ${rss.padStart(8)} kB`,
        ...['Shared_Clean:          0 kB', 'Referenced:            8 kB', 'Anonymous:             0 kB'],
        ...['KSM:                   0 kB', 'THPeligible:           0', 'ProtectionKey:         0'],
        `VmFlags: ${flags.replaceAll(',', ' ')} `,
        '',
      ].join('\n')
    })
    .join('')
}

/** A small process as Node 24 looks: each kind of mapping once or twice, 51,000 KiB in all. */
export const SMALL_PROCESS: readonly string[] = [
  '400000        3352  r--p  3352 rd,mr,mw,me            /usr/bin/node',
  '74a000       41960  r-xp 18100 rd,ex,mr,mw,me         /usr/bin/node',
  '6b56000        156  rw-p   156 rd,wr,mr,mw,me,ac      /usr/bin/node',
  // Its variables that begin as zero: directly behind.
  '6b7d000        228  rw-p   116 rd,wr,mr,mw,me,ac',
  '257d9000      2344  rw-p  2200 rd,wr,mr,mw,me,ac      [heap]',
  // V8: what it only reads, heap pages, one of them pooled.
  'f9601340000    120  r--p   120 rd,mr,mw,me,dc,ac',
  '13015ea00000   256  rw-p   256 rd,wr,mr,mw,me,dc,ac',
  '14927aa00000 12288  rw-p 12288 rd,wr,mr,mw,me,dc,ac',
  '17234a640000   256  rw-p     4 rd,wr,mr,mw,me,dc,ac',
  // An arena of malloc.
  '7f30a4000000  4096  rw-p  4000 rd,wr,mr,mw,me,nr',
  '7f30a4400000 61440  ---p     0 mr,mw,me,nr',
  // Compiled code in its range, with the builtins of the program in the middle, and a table.
  '7f30b4000000 521984 rwxp   800 rd,wr,ex,mr,mw,me,dc,nr',
  '7f30d3dc0000  2068  r-xp  1856 rd,ex,mr,mw,me         /usr/bin/node',
  '7f30dc010000   128  rw-p   128 rd,wr,mr,mw,me,dc,nr',
  '7f30dc030000 261952 ---p     0 mr,mw,me,dc,nr',
  // A thread.
  '7f30f1229000     4  ---p     0 mr,mw,me,nh',
  '7f30f122a000  8192  rw-p    12 rd,wr,mr,mw,me,ac,nh',
  // Large pieces: one touched, one not.
  '7f30f3a2e000  1088  rw-p  1028 rd,wr,mr,mw,me,ac',
  '7f30f4055000 65536  rw-p     0 rd,wr,mr,mw,me,ac',
  '7f30fa000000  6520  r--p  6520 rd,mr,mw,me            /usr/lib/x86_64-linux-gnu/libc.so.6',
  '7ffc2ebaa000   132  rw-p    60 rd,wr,mr,mw,me,gd,ac   [stack]',
  '7ffc2ebd0000     8  r-xp     4 rd,ex,mr,mw,me,de      [vdso]',
]
