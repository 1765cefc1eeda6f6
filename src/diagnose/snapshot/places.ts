/**
 * Where the steps of a path stand in the code: the declaration of a variable, the first assignment of a property, the
 * beginning of a function. What is not found is null, or the nearest that is certain; nothing is guessed.
 *
 * Owned by one search for causes; keeps what Scripts keeps.
 */
import { type ContextOwner, ownersOf, variablesOf } from './contexts.ts'
import { findExported, findVariable } from './declarations.ts'
import { functionOfModule } from './exported.ts'
import { type Found, inScript, NOTHING, named, near, placeIn, type Standing } from './found.ts'
import {
  findAssigned,
  findDeleted,
  findInClass,
  findInLiteral,
  findOnly,
  findStatic,
  isInLiteral,
} from './properties.ts'
import type { RawStep } from './raw-step.ts'
import { boundListeners } from './registrations.ts'
import type { Script, Scripts } from './scripts.ts'
import type { Snapshot } from './snapshot.ts'
import { classAt, functionAt, nameIn, positionOf, type SyntaxNode } from './syntax.ts'
import { findDeclared } from './text-search.ts'
import { EDGE, NODE, PROTOTYPE, WORDS as W } from './words.ts'

/** Classes from an object upward in which a property is looked for. */
const CLASSES_MAX = 8

export class Places {
  readonly #snapshot: Snapshot
  readonly #scripts: Scripts

  constructor(snapshot: Snapshot, scripts: Scripts) {
    this.#snapshot = snapshot
    this.#scripts = scripts
  }

  /** For each of the paths, for each of its steps. */
  async find(paths: readonly (readonly RawStep[])[]): Promise<Found[][]> {
    const contexts = new Set<number>()
    for (const path of paths) for (const step of path) if (step.kind === 'variable') contexts.add(step.owner)
    const owners = ownersOf(this.#snapshot, contexts)
    const found: Found[][] = []
    for (const path of paths) {
      const places: Found[] = []
      for (const [index, step] of path.entries())
        places.push(await this.#step(step, path[index - 1] ?? null, places.at(-1) ?? NOTHING, owners))
      found.push(places)
    }
    return found
  }

  async #step(
    step: RawStep,
    before: RawStep | null,
    holder: Found,
    owners: ReadonlyMap<number, ContextOwner>,
  ): Promise<Found> {
    switch (step.kind) {
      case 'variable':
        return this.#variable(step, owners.get(step.owner))
      case 'property':
        return this.#property(step, before, holder)
      case 'exports':
        return this.#exports(step)
      case 'local':
        return this.#local(step)
      case 'listener':
        return (await this.#boundListener(step)) ?? this.#function(this.#listening(step.node))
      case 'timer':
      case 'function':
      case 'awaiting':
      case 'reaction':
        return this.#function(step.fn === -1 ? step.node : step.fn)
      default: {
        const isFunction = this.#snapshot.graph.nodeType[step.node] === NODE.closure
        return isFunction ? this.#function(step.node) : { ...NOTHING, script: holder.script }
      }
    }
  }

  async #variable(step: RawStep, owner: ContextOwner | undefined): Promise<Found> {
    const name = step.name ?? ''
    if (this.#snapshot.word(step.owner) === W['system / SourceTextModule']) return this.#exported(step.owner, name)
    const standing = owner === undefined ? null : await this.#standing(owner.closure)
    if (owner === undefined || standing === null) return NOTHING
    const { script } = standing
    // What V8 makes a function of may be none in the text: the fields of a class, say.
    const around = standing.around ?? (script.isSame && script.program !== null ? [script.program] : null)
    if (around === null) return this.#inText(standing, name, 'variable')
    const scopes = owner.isWithin && around.length > 1 ? around.slice(0, -1) : around
    const declared = findVariable(scopes, name, variablesOf(this.#snapshot, step.owner))
    return declared === null ? near(standing) : inScript(script, declared)
  }

  async #exported(module: number, name: string): Promise<Found> {
    const closure = functionOfModule(this.#snapshot, module)
    const url = this.#scripts.ofFunction(closure)
    const script = url === null ? null : await this.#scripts.load(url)
    if (script === null) return NOTHING
    const declared = script.program === null || !script.isSame ? null : findExported(script.program, name)
    // Where it is declared it may have another name: `export { clients as online }`, `export default clients`.
    if (declared !== null) {
      const found = inScript(script, declared)
      return { ...found, name: found.name ?? declared.name }
    }
    return this.#inText({ script, line: 0, column: 0, around: null }, name, 'variable')
  }

  async #property(step: RawStep, before: RawStep | null, holder: Found): Promise<Found> {
    const name = step.name ?? ''
    if (this.#snapshot.word(step.owner) === W.Module && name === 'children') return this.#childrenOf(step.owner)
    const isFunction = this.#snapshot.graph.nodeType[step.owner] === NODE.closure
    if (isFunction) {
      const standing = await this.#standing(step.owner)
      if (standing === null) return NOTHING
      const { around, script } = standing
      if (around === null || script.program === null) return this.#inText(standing, name, 'property')
      const declared = findStatic(script.program, classAt(around), this.#snapshot.name(step.owner), name)
      return declared === null ? near(standing) : inScript(script, declared)
    }
    const inClass = await this.#inClasses(step.owner, name)
    if (inClass?.place?.is === 'declared') return inClass
    return (await this.#givenTo(step, before, holder)) ?? inClass ?? { ...NOTHING, script: holder.script }
  }

  /** In the class of the object, or one that it extends; null when it has none of the program's own. */
  async #inClasses(object: number, name: string): Promise<Found | null> {
    let prototype = this.#snapshot.follow(object, PROTOTYPE)
    let nearest: Found | null = null
    for (let upward = 0; upward < CLASSES_MAX && prototype !== -1; upward++) {
      const called = this.#snapshot.follow(prototype, W.constructor)
      const standing = called === -1 ? null : await this.#standing(called)
      if (standing !== null) {
        const { around, script } = standing
        const of = around === null ? null : classAt(around)
        const declared = of === null ? null : findInClass(of, name)
        if (declared !== null) return inScript(script, declared)
        const inText = around === null ? this.#inText(standing, name, 'property') : null
        if (inText?.place?.is === 'declared') return inText
        nearest ??= inText ?? near(standing)
      }
      prototype = this.#snapshot.follow(prototype, PROTOTYPE)
    }
    return nearest
  }

  /** By whoever holds the object, or the only one who gives any object such a property; to one without a class, in the literal that it was made of. */
  async #givenTo(step: RawStep, before: RawStep | null, { script, value }: Found): Promise<Found | null> {
    const name = step.name ?? ''
    const isPlain = this.#snapshot.word(step.owner) === W.Object
    if (before?.kind === 'root') {
      for (const url of this.#scripts.own()) {
        const own = await this.#scripts.load(url)
        const declared = own.program === null ? null : findAssigned(own.program, ['globalThis', 'global'], name)
        if (declared !== null && own.isSame) return inScript(own, declared)
      }
    }
    const literal = isPlain ? findInLiteral(value, name) : null
    if (script !== null && literal !== null) return inScript(script, named(script, literal))
    if (script?.program !== null && script?.isSame === true) {
      const { program } = script
      const owners =
        before?.kind === 'exports' ? ['exports', 'module.exports'] : [before?.name ?? '', `this.${before?.name}`]
      const declared = findAssigned(program, owners, name) ?? findOnly(program, name, isPlain)
      if (declared !== null) return inScript(script, named(script, declared))
    }
    return (isPlain ? await this.#besideFunctions(step.owner, name) : null) ?? this.#onlyInOwn(name, isPlain)
  }

  /** An object without a class that has functions was made where those stand. */
  async #besideFunctions(object: number, name: string): Promise<Found | null> {
    const { graph } = this.#snapshot
    for (let edge = graph.firstEdge[object] as number; edge < (graph.firstEdge[object + 1] as number); edge++) {
      const to = this.#snapshot.to(edge)
      if (graph.edgeType[edge] !== EDGE.property || graph.nodeType[to] !== NODE.closure) continue
      const standing = await this.#standing(to)
      const { program, isSame } = standing?.script ?? {}
      if (standing === null || program == null || isSame !== true || !isInLiteral(program, name)) continue
      const declared = findOnly(program, name)
      return declared === null ? near(standing) : inScript(standing.script, named(standing.script, declared))
    }
    return null
  }

  /** The only place in all scripts of the program where an object gets such a property. */
  async #onlyInOwn(name: string, isPlain: boolean): Promise<Found | null> {
    let only: Found | null = null
    for (const url of this.#scripts.own()) {
      const script = await this.#scripts.load(url)
      const declared = script.program === null || !script.isSame ? null : findOnly(script.program, name, isPlain)
      if (declared === null) continue
      if (only !== null) return null
      only = inScript(script, declared)
    }
    return only
  }

  /** Where the module takes one out of `require.cache`: whoever does that has had it required anew. */
  async #childrenOf(module: number): Promise<Found> {
    const { script } = await this.#moduleOf(module)
    if (script === null) return NOTHING
    const declared = script.program === null || !script.isSame ? null : findDeleted(script.program, 'require.cache')
    const start = script.program?.start ?? 0
    return inScript(script, declared ?? { name: 'children', start, value: null })
  }

  async #moduleOf(module: number): Promise<{ readonly path: string; readonly script: Script | null }> {
    const file = this.#snapshot.follow(module, W.filename)
    const path = file === -1 ? '' : this.#snapshot.name(file)
    const url = this.#scripts.own().find((own) => own.url === path)
    return { path, script: url === undefined ? null : await this.#scripts.load(url) }
  }

  async #exports(step: RawStep): Promise<Found> {
    const { path, script } = await this.#moduleOf(step.owner)
    if (script === null) return { ...NOTHING, name: path }
    const declared =
      script.program === null || !script.isSame ? null : findAssigned(script.program, ['module'], 'exports')
    return declared === null
      ? { ...NOTHING, script, name: script.file }
      : { ...inScript(script, declared), name: script.file }
  }

  async #local(step: RawStep): Promise<Found> {
    const standing = await this.#standing(this.#snapshot.follow(step.owner, W.function))
    const of = standing?.around?.at(-1)
    if (standing === null || of === undefined) return NOTHING
    const parameter = (of.params as SyntaxNode[] | undefined)?.[step.index]
    const name = nameIn(parameter)
    if (parameter === undefined || name === null) return near(standing)
    return { ...inScript(standing.script, { name, start: parameter.start, value: null }), name }
  }

  /** What an event target is given it wraps: the function in it, or the node itself. */
  #listening(node: number): number {
    const wrapped = this.#snapshot.word(node) === W.Listener ? this.#snapshot.follow(node, W.callback) : -1
    return wrapped === -1 ? node : wrapped
  }

  /** Of a bound function: the only call in the program that makes one a listener for that event, or null. */
  async #boundListener({ node, name }: RawStep): Promise<Found | null> {
    if (name === null || this.#snapshot.follow(node, W.bound_function) === -1) return null
    let only: Found | null = null
    for (const url of this.#scripts.own()) {
      const script = await this.#scripts.load(url)
      if (script.program === null || !script.isSame) continue
      for (const { start } of boundListeners(script.program, name)) {
        if (only !== null) return null
        only = inScript(script, { name, start, value: null })
      }
    }
    return only
  }

  async #function(closure: number): Promise<Found> {
    // What was bound is another function.
    const bound = closure === -1 ? -1 : this.#snapshot.follow(closure, W.bound_function)
    const of = bound === -1 ? closure : bound
    const standing = await this.#standing(of)
    if (standing === null) return NOTHING
    const { script, line, column } = standing
    const place = placeIn(script, line, column, 'function')
    return { place, script, value: standing.around?.at(-1) ?? null, name: this.#snapshot.name(of) || null }
  }

  async #standing(closure: number): Promise<Standing | null> {
    const url = this.#scripts.ofFunction(closure)
    const at = closure === -1 ? null : this.#snapshot.location(closure)
    if (url === null || at === null) return null
    const { line, column } = at
    const script = await this.#scripts.load(url)
    const { program, text, isSame } = script
    if (program === null || text === null || !isSame) return { script, line, column, around: null }
    return { script, line, column, around: functionAt(program, positionOf(text, line, column)) }
  }

  /** Where the script is not what ran, or no JavaScript. */
  #inText(standing: Standing, name: string, kind: 'variable' | 'property'): Found {
    const { script } = standing
    const line = script.text === null ? null : findDeclared(script.text, name, kind)
    if (line === null) return near(standing)
    const place = script.isSame
      ? placeIn(script, line, 0, 'declared')
      : ({ file: script.file, line: line + 1, is: 'declared' } as const)
    return { place, script, value: null, name: null }
  }
}
