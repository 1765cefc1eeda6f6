/**
 * Reads the mappings of a process from the text of /proc/self/smaps, as it comes in pieces: what each is, and how much of it
 * lies in memory. Pure over text; owned by whoever reads, and over with `end()`. At most vm.max_map_count mappings (65,530).
 */

export interface Mapping {
  readonly start: number
  readonly end: number
  /** Such as `rw-p`. */
  readonly rights: string
  /** Of a file it shows; false for memory of its own, whatever that is called. */
  readonly isFile: boolean
  /** A path, or a name of the kernel such as `[heap]`; empty for most memory. */
  readonly name: string
  /** How much of it lies in memory. */
  readonly rssBytes: number
  /** Is it left out when the process forks? Only V8 asks for that, for all it allocates. */
  readonly isNotForked: boolean
}

export interface Mappings {
  readonly all: readonly Mapping[]
  readonly pageBytes: number
}

const KIB = 1024

const FLAGS = '\nVmFlags:'
const RESIDENT = '\nRss:'

export class MappingsParser {
  readonly #all: Mapping[] = []
  /** The beginning of a mapping whose last line has not come. */
  #rest = ''
  #pageBytes = 0
  #isDamaged = false

  /** The next piece of the text. */
  write(piece: string): void {
    const text = this.#rest + piece
    let from = 0
    // Each has some twenty lines, of which the flags are the last.
    for (let flags = text.indexOf(FLAGS); flags !== -1; flags = text.indexOf(FLAGS, from)) {
      const to = text.indexOf('\n', flags + FLAGS.length)
      if (to === -1) break
      this.#mapping(text, from, flags, to)
      from = to + 1
    }
    this.#rest = text.slice(from)
  }

  /** All of them; null when the text is not what was expected: better no mappings than wrong ones. */
  end(): Mappings | null {
    const isWhole = !this.#isDamaged && this.#rest === '' && this.#all.length > 0
    return isWhole && this.#pageBytes > 0 ? { all: this.#all, pageBytes: this.#pageBytes } : null
  }

  /** One from its first line until before `to`, with its flags at `flags`. Looks for what it needs, not at every line. */
  #mapping(text: string, from: number, flags: number, to: number): void {
    if (this.#pageBytes === 0) this.#pageBytes = kibAt(text, text.indexOf('\nKernelPageSize:', from)) * KIB
    const resident = text.indexOf(RESIDENT, from)
    const rssBytes = kibAt(text, resident) * KIB
    // start-end rights offset device inode name
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ (\d+) *(.*)$/.exec(
      text.slice(from, text.indexOf('\n', from)),
    )
    // A second one before the flags belongs to another mapping: then whose these flags are is not known.
    const second = text.indexOf(RESIDENT, resident + 1)
    const isWhole = resident !== -1 && resident < flags && (second === -1 || second > flags) && rssBytes >= 0
    if (head === null || !isWhole) {
      this.#isDamaged = true
      return
    }
    const [, start = '', end = '', rights = '', inode = '', name = ''] = head
    this.#all.push({
      ...{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), rights, name },
      isFile: inode !== '0' || isOfKernel(name),
      ...{ rssBytes, isNotForked: / dc( |$)/.test(text.slice(flags + FLAGS.length, to)) },
    })
  }
}

/** The number of the line that begins behind `at`, `Name:    1234 kB`; NaN when it is another. */
function kibAt(text: string, at: number): number {
  if (at === -1) return Number.NaN
  const words = text.slice(text.indexOf(':', at) + 1, text.indexOf('\n', at + 1)).trim()
  return /^\d+ kB$/.test(words) ? Number(words.slice(0, -3)) : Number.NaN
}

/** What the kernel shows every process, such as `[vdso]`: no file, and no memory that anybody allocated. */
function isOfKernel(name: string): boolean {
  return name.startsWith('[v') || (name !== '' && !name.startsWith('['))
}
