/** Says a step, a holder, a cause in words. Pure. */
import type { CodePlace, Holder, StepKind } from './cause.ts'

export interface Telling {
  readonly kind: StepKind
  readonly name: string | null
  /** The class of what the step leads to. */
  readonly type: string
  readonly place: CodePlace | null
  /** Of a timer: by which function of Node it was started. */
  readonly timer: string
}

export function placeText(place: CodePlace | null): string {
  return place === null ? '' : ` (${place.file}:${place.line})`
}

const quoted = (name: string | null): string => (name === null ? '' : ` "${name}"`)

export function stepText({ kind, name, type, place, timer }: Telling): string {
  const at = placeText(place)
  switch (kind) {
    case 'variable':
    case 'property':
    case 'local':
      return `${type}${quoted(name)}${at}`
    case 'exports':
      return `exports of ${name ?? 'a module'}${at}`
    case 'listener':
      return `listener on${quoted(name) || ' an event'}${at}`
    case 'timer':
      return `${timer}${at}`
    case 'awaiting':
      return `waiting async function${quoted(name)}${at}`
    case 'reaction':
      return `function${quoted(name)} given to then${at}`
    case 'function':
      return `${type}${quoted(name)}${at}`
    case 'root':
      return rootText(name, type)
    case 'internal':
      return name === 'stack' ? `its stack, never read → ${type}` : `${type}${at}`
    case 'store':
      return `AsyncLocalStorage store → ${type}`
    case 'weak value':
      return `value for it in a WeakMap → ${type}`
    default:
      // What is inside of something: an entry, an element, a value that is held.
      return `${kind} → ${type}${type.endsWith('function') ? `${quoted(name)}${at}` : ''}`
  }
}

function rootText(name: string | null, type: string): string {
  if (name === 'globalThis' || name === 'process') return name
  if (name === '(Stack roots)' || name === '(Handle scope)') return `what runs just now → ${type}`
  if (name === '(Micro tasks)') return `what runs next → ${type}`
  if (name === '(Global handles)' || name?.startsWith('Node / ') === true) return `open handle ${type}`
  return `${name ?? 'the runtime'} → ${type}`
}

/** `Map "clients" (src/chat.ts:12)`, `listener on "tick" (src/chat.ts:30) of EventEmitter "bus"`. */
export function holderText(holder: Holder): string {
  const { name, kind, type, file, line, of } = holder
  const at = file === null || line === null ? '' : ` (${file}:${line})`
  const owner = of === null ? '' : ` of ${holderText(of)}`
  switch (kind) {
    case 'listener':
      return `listener on${quoted(name || null) || ' an event'}${at}${owner}`
    case 'timer':
      return `${name}${at}`
    case 'promise':
      return `${type === 'Promise' ? type : 'waiting async function'}${quoted(name || null)}${at}`
    case 'reaction':
      return `function${quoted(name || null)} given to then${at}${owner}`
    case 'variable':
    case 'property':
      return `${kind}${quoted(name || null)}${at}`
    default:
      return `${name === type ? name : type}${name === type ? '' : quoted(name || null)}${at}${owner}`
  }
}

export function sentenceOf(holder: Holder, count: number, type: string): string {
  return `${holderText(holder)} keeps ${count.toLocaleString('en')} ${type} alive`
}

export function growthSentence(holder: Holder, perRound: number, type: string): string {
  return `${holderText(holder)} grows by ${perRound.toLocaleString('en')} ${type} each round`
}

export function swellingSentence(holder: Holder, perRound: number): string {
  return `${holderText(holder)} grows by ${perRound.toLocaleString('en')} bytes each round`
}
