import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Declaration, findExported, findVariable } from '../../../../src/diagnose/snapshot/declarations.ts'
import {
  findAssigned,
  findDeleted,
  findInClass,
  findInLiteral,
  findOnly,
  findStatic,
  isFilledByKey,
} from '../../../../src/diagnose/snapshot/properties.ts'
import { classAt, functionAt, lineOf, parseScript, positionOf } from '../../../../src/diagnose/snapshot/syntax.ts'
import { findDeclared } from '../../../../src/diagnose/snapshot/text-search.ts'

/** Of the declaration, counted from 1; null when there is none. */
function lineIn(text: string, found: Declaration | null): number | null {
  return found === null ? null : lineOf(text, found.start).line + 1
}

/** For the function that begins at the mark `§`, which is taken out. */
function variable(marked: string, name: string, shared: readonly string[] = []): number | null {
  const text = marked.replace('§', '')
  const around = functionAt(parseScript(text)!, marked.indexOf('§'))
  return around === null ? null : lineIn(text, findVariable(around.slice(0, -1), name, shared))
}

describe('where a variable is declared', () => {
  test('in a module, a function, its parameters, a loop, a catch, an import', () => {
    assert.equal(variable('const a = 1\nfunction f() {\n  return §() => a\n}', 'a'), 1)
    assert.equal(variable('const a = 1\nfunction f() {\n  let { b: [a = 2] } = x\n  return §() => a\n}', 'a'), 3)
    assert.equal(variable('function f(x,\n ...rest) {\n  return §() => rest\n}', 'rest'), 2)
    assert.equal(variable('for (const a of b)\n  c(§() => a)', 'a'), 1)
    assert.equal(variable('try {} catch ({ a }) {\n  c(§() => a)\n}', 'a'), 1)
    assert.equal(variable("import d,\n { a as b } from 'x'\nexport const f = §() => b", 'b'), 2)
    assert.equal(variable('function f() {\n if (x) {\n  var a = 1\n }\n return function §() { return a }\n}', 'a'), 3)
    assert.equal(variable('class A {\n  m(v) {\n    return §() => v\n  }\n}', 'v'), 2)
    assert.equal(variable('export class A {}\nfunction f§() {}', 'A'), 1)
  })

  test('in the scope that has all that is shared', () => {
    const text = 'const a = 1, other = 2\nfunction f(a) {\n  return §() => a\n}'
    assert.equal(variable(text, 'a'), 2)
    assert.equal(variable(text, 'a', ['a', 'other']), 1)
  })

  test('control: not what another function declares', () => {
    assert.equal(variable('function g() {\n  const a = 1\n}\nconst f = §() => a', 'a'), null)
    assert.equal(variable('const f = §() => { const a = 1 }', 'a'), null)
  })

  test('under the name by which it is exported', () => {
    const text = "const a = 1\nexport { a as b }\nexport default new Map()\nexport { c } from 'x'"
    const program = parseScript(text)!
    assert.equal(lineIn(text, findExported(program, 'b')), 1)
    assert.equal(lineIn(text, findExported(program, 'default')), 3)
    assert.equal(lineIn(text, findExported(program, 'c')), null)
  })
})

describe('where a property is first assigned', () => {
  const text = `class A {
  #own = 1
  static all = new Map()
  constructor() {
    this.b = { c: [] }
    class Inner { b = 1 }
  }
  late() {
    this.d ??= []
  }
}
A.later = []
const state = Object.freeze({
  list: [],
})
state.more = []
exports.table = []
const twice = [{ two: 1 }, { two: 2 }]
function Old() {
  this.e = 1
}
`
  const program = parseScript(text)!
  const at = (needle: string) => functionAt(program, text.indexOf(needle))!
  const a = classAt(at('() {\n    this.b'))!

  test('in its class', () => {
    assert.equal(a.type, 'ClassDeclaration')
    assert.deepEqual(
      ['#own', 'b', 'd', 'none'].map((name) => lineIn(text, findInClass(a, name))),
      [2, 5, 9, null],
    )
    assert.equal(lineIn(text, findInClass(classAt(at('() {\n  this.e'))!, 'e')), 20)
  })

  test('under a symbol that is called like its variable', () => {
    const text = "const kOpen = Symbol('kOpen')\nclass A {\n  [kLate] = 1\n  constructor() { this[kOpen] = 1 }\n}"
    const of = classAt(functionAt(parseScript(text)!, text.indexOf('() { this'))!)!
    assert.equal(lineIn(text, findInClass(of, '<symbol kOpen>')), 4)
    assert.equal(lineIn(text, findInClass(of, '<symbol kLate>')), 3)
    assert.equal(findInClass(of, 'kOpen'), null, 'control')
  })

  test('on the class, in a literal, by who holds it', () => {
    assert.equal(lineIn(text, findStatic(program, a, 'A', 'all')), 3)
    assert.equal(lineIn(text, findStatic(program, a, 'A', 'later')), 12)
    assert.equal(lineIn(text, findInLiteral(findInClass(a, 'b')?.value ?? null, 'c')), 5)
    assert.equal(lineIn(text, findAssigned(program, ['state'], 'more')), 16)
    assert.equal(lineIn(text, findAssigned(program, ['exports', 'module.exports'], 'table')), 17)
  })

  test('control: not when there are two', () => {
    assert.equal(lineIn(text, findOnly(program, 'list')), 14)
    assert.equal(findOnly(program, 'two'), null)
    const option = 'render({ cache: true })\n'
    assert.equal(findOnly(parseScript(option)!, 'cache'), null, 'an option of that name holds nothing')
    const both = `${option}a = { cache: {} }`
    assert.equal(lineIn(both, findOnly(parseScript(both)!, 'cache')), 2)
    // Of an object whose class is elsewhere: only who gives it to one from outside.
    const socket = 'const a = { socket }\nclass B { socket = 1; c() { this.socket = 2 } }\n'
    assert.equal(findOnly(parseScript(socket)!, 'socket', false), null)
    assert.equal(lineIn(socket, findOnly(parseScript('const a = { socket }')!, 'socket')), 1, 'control')
    assert.equal(lineIn(`${socket}d.socket = 3`, findOnly(parseScript(`${socket}d.socket = 3`)!, 'socket', false)), 3)
  })
})

describe('where a property is given by a call', () => {
  const text = `class A {
  constructor() {
    once(this.b, "b", {})
    __publicField(this, "b", new Map())
    Object.defineProperty(this, "c", {
      value: { d: [] },
    })
  }
}
define(A, "all", new Map())
app.decorate("live", new Map())
app.get("/live", () => ({ live: app.live.size }))
on(app, "live", [])
const hub = Object.assign(new EventEmitter(), {
  sessions: new Map(),
})
other({ sessions: 1 })
`
  const program = parseScript(text)!
  const a = classAt(functionAt(program, text.indexOf('() {\n    once'))!)!

  test('as compilers do with fields, and libraries with what is to be theirs', () => {
    assert.equal(lineIn(text, findInClass(a, 'b')), 4)
    assert.equal(lineIn(text, findInClass(a, 'c')), 5)
    assert.equal(lineIn(text, findInLiteral(findInClass(a, 'c')?.value ?? null, 'd')), 6)
    assert.equal(lineIn(text, findStatic(program, a, 'A', 'all')), 10)
    assert.equal(lineIn(text, findAssigned(program, ['app'], 'live')), 11)
    assert.equal(lineIn(text, findOnly(program, 'live')), 11, 'not where it is counted')
    assert.equal(lineIn(text, findOnly(program, 'sessions', false)), 15)
    const once = 'Object.assign(this, {\n  sessions: 1 })'
    assert.equal(lineIn(once, findOnly(parseScript(once)!, 'sessions')), 2)
    assert.equal(lineIn(once, findInClass(parseScript(once)!, 'sessions')), 2)
  })

  test('control: not by any call, and what is itself passed on counts', () => {
    assert.equal(findOnly(parseScript('on(app, "live", [])\napp.emit("live", [])')!, 'live'), null)
    assert.equal(findOnly(parseScript('a.live = []\nconst b = { live: app.live }')!, 'live'), null)
  })
})

describe('in what is no JavaScript', () => {
  const text = `// const clients = 1
interface Client { name: string }
const clients: Map<string, Client> = new Map()
export class Hub<T> {
  private readonly rooms: Map<string, T> = new Map()
  constructor(private readonly store: Store) {}
  add(room: T): void {
    this.last = room
    const text = "const clients = 2"
  }
}
let twice = 1
function f() { let twice = 2 }
`
  const line = (name: string, kind: 'variable' | 'property') => {
    const found = findDeclared(text, name, kind)
    return found === null ? null : found + 1
  }

  test('the only declaration is found', () => {
    assert.equal(parseScript(text), null)
    assert.equal(line('clients', 'variable'), 3)
    assert.equal(line('rooms', 'property'), 5)
    assert.equal(line('store', 'property'), 6)
    assert.equal(line('last', 'property'), 8)
  })

  test('control: two are none', () => {
    assert.equal(line('twice', 'variable'), null)
    assert.equal(line('none', 'property'), null)
  })
})

test('positions and lines are each other', () => {
  const text = 'a\nbc\n\nd'
  for (let position = 0; position < text.length; position++) {
    const { line, column } = lineOf(text, position)
    assert.equal(positionOf(text, line, column), position)
  }
})

test('whether an object is filled by key', () => {
  const program = parseScript('a.b[c] ??= []\nd[0] = 1\ne["f"] = 2\ng[h]()')!
  assert.equal(isFilledByKey(program, 'b'), true)
  for (const name of ['a', 'd', 'e', 'g']) assert.equal(isFilledByKey(program, name), false, `control: ${name}`)
})

test('where an entry is deleted', () => {
  const text = 'delete a.b\ndelete require.cache[x]\ndelete require.cache[y]'
  assert.equal(lineIn(text, findDeleted(parseScript(text)!, 'require.cache')), 2)
  assert.equal(lineIn(text, findDeleted(parseScript(text)!, 'require.other')), null, 'control')
})
