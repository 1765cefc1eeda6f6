/** The names that paths need, decoded once each. Owned by one search for causes; ends with it. */
import { Snapshot } from './snapshot.ts'
import { NODE } from './words.ts'

const TEXT_MAX = 120

export class Names {
  readonly #snapshot: Snapshot
  // Bounded by the names on the paths that are told.
  readonly #texts = new Map<number, string>()

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
  }

  edge(edge: number): string {
    const { edgeType, edgeName } = this.#snapshot.graph
    const name = edgeName[edge] as number
    return Snapshot.isNamed(edgeType[edge] as number) ? this.#text(name) : String(name)
  }

  node(node: number): string {
    return this.#text(this.#snapshot.graph.nodeName[node] as number)
  }

  /** The class of an object, as it is shown. */
  type(node: number): string {
    switch (this.#snapshot.graph.nodeType[node]) {
      case NODE.closure:
        return this.node(node) === 'native_bind' ? 'bound function' : 'function'
      case NODE.string:
      case NODE['concatenated string']:
      case NODE['sliced string']:
        return 'string'
      case NODE.regexp:
        return 'RegExp'
      case NODE.symbol:
        return 'symbol'
      case NODE.number:
        return 'number'
      case NODE.array:
        return 'internal array'
      default:
        return this.node(node).replace(/ \/ .*$/s, '') || 'Object'
    }
  }

  #text(name: number): string {
    const known = this.#texts.get(name)
    if (known !== undefined) return known
    const whole = this.#snapshot.strings.get(name)
    const text = whole.length > TEXT_MAX ? `${whole.slice(0, TEXT_MAX)}…` : whole
    this.#texts.set(name, text)
    return text
  }
}
