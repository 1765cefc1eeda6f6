/**
 * Reads a heap snapshot as its bytes come: never the whole as text, never through `JSON.parse` (but its head, a kilobyte or
 * two). What is asked for later is kept as columns of numbers, the rest is passed over.
 *
 * Owned by whoever reads; over with `end()`, or with the first error. Holds no file.
 */
import { GraphBuilder } from './graph.ts'
import { invalidSnapshot, showByte } from './invalid-snapshot.ts'
import { Locations } from './locations.ts'
import { NumberRows } from './number-rows.ts'
import { Snapshot } from './snapshot.ts'
import { readMeta, type SnapshotMeta } from './snapshot-meta.ts'
import { StringTable } from './string-table.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x5b
const BACKSLASH = 0x5c
const CLOSE = 0x5d
const BRACE = 0x7b
const BRACE_CLOSE = 0x7d
const SPACE = 0x20

const KEY_BYTES_MAX = 64
const HEAD_BYTES_MAX = 1024 * 1024
const WANTED = 'a heap snapshot of Node, written to its end'

/** What it is in the middle of. Each state reads as far as it can and says where it stopped. */
type State = 'begin' | 'key' | 'in key' | 'colon' | 'head' | 'rows' | 'strings' | 'skipped' | 'end'

export class SnapshotParser {
  readonly #strings = new StringTable()
  readonly #locations = new Locations()
  #state: State = 'begin'
  /** Of the chunk that is being read. */
  #offset = 0
  #key = ''
  #meta: SnapshotMeta | null = null
  #builder: GraphBuilder | null = null
  #rows: NumberRows | null = null
  #head: number[] = []
  #depth = 0
  #isInString = false
  #isEscaped = false
  /** The sections that are over. At most as many as there are names of sections we read. */
  readonly #seen = new Set<string>()

  /** How many bytes have been read. */
  get bytes(): number {
    return this.#offset
  }

  /** @throws HoldfastError HF_SNAPSHOT_INVALID */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) at = this.#step(chunk, at)
    this.#offset += chunk.length
  }

  /** @throws HoldfastError HF_SNAPSHOT_INVALID */
  end(): Snapshot {
    if (this.#state !== 'end') throw invalidSnapshot(`the end of the file ${this.#where()}`, this.#offset, WANTED)
    for (const section of ['nodes', 'edges', 'strings'])
      if (!this.#seen.has(section)) throw invalidSnapshot(`a file without "${section}"`, this.#offset, WANTED)
    const builder = this.#builder as GraphBuilder
    const { graph } = builder
    if (graph.nodeCount === 0) throw invalidSnapshot('a snapshot of 0 nodes', this.#offset, WANTED)
    let nameMax = builder.nameMax
    // Of an edge the name may be the index of an element; only others have to be strings.
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      const type = graph.edgeType[edge] as number
      const name = graph.edgeName[edge] as number
      if (name > nameMax && Snapshot.isNamed(type)) nameMax = name
    }
    if (nameMax >= this.#strings.count)
      throw invalidSnapshot(`string ${nameMax}, of ${this.#strings.count}`, this.#offset, WANTED)
    return new Snapshot(graph, this.#strings, this.#locations)
  }

  #step(chunk: Uint8Array, at: number): number {
    switch (this.#state) {
      case 'rows':
        return this.#inRows(chunk, at)
      case 'strings':
        return this.#inStrings(chunk, at)
      case 'in key':
        return this.#inKey(chunk, at)
      case 'head':
      case 'skipped':
        return this.#inValue(chunk, at)
      default:
        this.#between(chunk[at] as number, at)
        return at + 1
    }
  }

  #between(byte: number, at: number): void {
    if (byte <= SPACE) return
    const state = this.#state
    if (state === 'begin' && byte === BRACE) this.#state = 'key'
    else if (state === 'key' && byte === QUOTE) {
      this.#key = ''
      this.#state = 'in key'
    } else if (state === 'key' && byte === COMMA) return
    else if (state === 'key' && byte === BRACE_CLOSE) this.#state = 'end'
    else if (state === 'colon' && byte === COLON) this.#value(at)
    else {
      const seen =
        state === 'begin' ? `a file that begins with ${showByte(byte)}` : `${showByte(byte)} ${this.#where()}`
      throw invalidSnapshot(seen, this.#offset + at, WANTED)
    }
  }

  #inKey(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length && chunk[at] !== QUOTE) at++
    this.#key += Buffer.from(chunk.subarray(from, Math.min(at, from + KEY_BYTES_MAX))).toString('latin1')
    const isFirst = this.#meta === null && this.#key !== 'snapshot' && at < chunk.length
    if (isFirst || this.#key.length > KEY_BYTES_MAX)
      throw invalidSnapshot(`a file whose first key is "${this.#key.slice(0, 40)}"`, this.#offset + at, WANTED)
    if (at === chunk.length) return at
    this.#state = 'colon'
    return at + 1
  }

  /** The value of the key begins. */
  #value(at: number): void {
    this.#depth = 0
    this.#isInString = false
    const meta = this.#meta
    if (this.#seen.has(this.#key))
      throw invalidSnapshot(`"${this.#key}" for the second time`, this.#offset + at, WANTED)
    if (meta === null) this.#state = 'head'
    else if (this.#key === 'nodes') this.#begin(meta.node.width, (builder) => builder.nodeRows())
    else if (this.#key === 'edges') this.#begin(meta.edge.width, (builder) => builder.edgeRows())
    else if (this.#key === 'locations' && meta.location !== null)
      this.#begin(meta.location.width, () => this.#locations.rows(meta))
    else if (this.#key === 'strings') this.#state = 'strings'
    else this.#state = 'skipped'
  }

  #begin(width: number, user: (builder: GraphBuilder) => ConstructorParameters<typeof NumberRows>[1]): void {
    this.#rows = new NumberRows(width, user(this.#builder as GraphBuilder))
    this.#state = 'rows'
  }

  #over(): void {
    this.#seen.add(this.#key)
    this.#rows = null
    this.#state = 'key'
  }

  #inRows(chunk: Uint8Array, at: number): number {
    const rows = this.#rows as NumberRows
    const to = rows.take(chunk, at, this.#offset)
    if (rows.isOver) this.#over()
    return to
  }

  #inStrings(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length) {
      if (this.#isInString) {
        at = this.#strings.take(chunk, at)
        if (at === chunk.length) return at
        this.#isInString = false
      } else {
        const byte = chunk[at] as number
        if (byte === QUOTE) {
          this.#isInString = true
          if (!this.#strings.begin())
            throw invalidSnapshot('more than 4 GiB of strings', this.#offset + at, 'less of them')
        } else if (byte === CLOSE) {
          this.#over()
          return at + 1
        } else if (byte > SPACE && byte !== COMMA && byte !== OPEN)
          throw invalidSnapshot(`${showByte(byte)} among the strings`, this.#offset + at, WANTED)
      }
      at++
    }
    return at
  }

  /** An object or array that is kept as text, if it is the head, or passed over. */
  #inValue(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (this.#state === 'head' && this.#head.push(byte) > HEAD_BYTES_MAX)
        throw invalidSnapshot(`a head of more than ${HEAD_BYTES_MAX} bytes`, this.#offset + at, WANTED)
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === BACKSLASH) this.#isEscaped = this.#isInString
      else if (byte === QUOTE) this.#isInString = !this.#isInString
      else if (this.#isInString) continue
      else if (byte === BRACE || byte === OPEN) this.#depth++
      else if (byte === BRACE_CLOSE || byte === CLOSE) {
        this.#depth--
        if (this.#depth > 0) continue
        if (this.#state === 'head') this.#readHead(at)
        this.#over()
        return at + 1
      } else if (this.#depth === 0 && byte > SPACE)
        throw invalidSnapshot(`${showByte(byte)} ${this.#where()}`, this.#offset + at, WANTED)
    }
    return chunk.length
  }

  #readHead(at: number): void {
    this.#meta = readMeta(Buffer.from(this.#head).toString('utf8'), this.#offset + at)
    this.#head = []
    this.#builder = new GraphBuilder(this.#meta)
  }

  #where(): string {
    const { nodeCount, edgeCount } = this.#meta ?? { nodeCount: 0, edgeCount: 0 }
    const of = this.#meta === null ? '' : `, of a snapshot of ${nodeCount} nodes and ${edgeCount} edges`
    switch (this.#state) {
      case 'begin':
        return 'before anything else'
      case 'key':
        return `between its parts${of}`
      case 'end':
        return `behind its end${of}`
      default:
        return `in "${this.#key}"${of}`
    }
  }
}
