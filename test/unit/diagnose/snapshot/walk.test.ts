import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fold } from '../../../../src/diagnose/snapshot/fold.ts'
import { Names } from '../../../../src/diagnose/snapshot/names.ts'
import { withoutRepeats } from '../../../../src/diagnose/snapshot/repeats.ts'
import { NO_EDGE, walk } from '../../../../src/diagnose/snapshot/search.ts'
import type { EdgeType } from '../../../../src/diagnose/snapshot/words.ts'
import { snapshotOf, type WrittenEdge, type WrittenNode } from './written.ts'

const pair = (key: string, value: string, table: number) =>
  `1 / part of key (${key} @3) -> value (${value} @5) pair in WeakMap (table @${table})`

/** Whether the node is reached. */
function reaches(nodes: readonly WrittenNode[], node: number): boolean {
  return walk(snapshotOf(nodes)).reachedBy[node] !== NO_EDGE
}

describe('a walk', () => {
  test('does not follow weak edges', () => {
    const nodes = (type: 'weak' | 'property'): WrittenNode[] => [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'Holder', [[type, 'it', 2]]],
      ['object', 'Target'],
    ]
    assert.equal(reaches(nodes('weak'), 2), false)
    assert.equal(reaches(nodes('property'), 2), true, 'control')
  })

  test('does not follow the maps of V8, but what a program calls so', () => {
    const nodes = (type: EdgeType): WrittenNode[] => [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'Holder', [[type, 'map', 2]]],
      ['object', 'Target'],
    ]
    assert.equal(reaches(nodes('property'), 2), true)
    assert.equal(reaches(nodes('context'), 2), true)
    assert.equal(reaches(nodes('internal'), 2), false, 'control')
  })

  test('reaches what a WeakMap holds by its key, once its table is reached', () => {
    const nodes = (hasKey: boolean, hasTable: boolean): WrittenNode[] => [
      [
        'synthetic',
        '',
        [...(hasKey ? [['shortcut', 'a', 1] as const] : []), ...(hasTable ? [['shortcut', 'b', 3] as const] : [])],
      ],
      ['object', 'Key', [['internal', pair('Key', 'Value', 7), 2]]],
      ['object', 'Value'],
      ['array', '', [['internal', pair('Key', 'Value', 7), 2]]],
    ]
    assert.equal(reaches(nodes(true, true), 2), true)
    assert.equal(reaches(nodes(true, false), 2), false, 'the key alone')
    assert.equal(reaches(nodes(false, true), 2), false, 'the table alone')
  })

  test('goes through a list from its beginning, though somebody has its end as well', () => {
    const list = (back: string): string => {
      const links = [2, 3, 4].map((node): WrittenNode => {
        const next: WrittenEdge[] = node < 4 ? [['property', 'next', node + 1]] : []
        return ['object', 'Link', [...next, ...(node > 2 ? [['property', back, node - 1] as const] : [])]]
      })
      const ends: WrittenEdge[] = [
        ['property', 'last', 4],
        ['property', 'first', 2],
      ]
      const snapshot = snapshotOf([['synthetic', '', [['shortcut', 'global', 1]]], ['object', 'List', ends], ...links])
      return snapshot.edgeName(walk(snapshot).reachedBy[3] as number)
    }
    assert.equal(list('prev'), 'next')
    assert.equal(list('sibling'), 'sibling', 'control')
  })

  test('takes a longer way that says something before a shorter one by the stack', () => {
    const snapshot = snapshotOf([
      [
        'synthetic',
        '',
        [
          ['element', 1, 1],
          ['shortcut', 'global', 3],
        ],
      ],
      ['synthetic', '(GC roots)', [['element', 1, 2]]],
      ['synthetic', '(Stack roots)', [['internal', '1', 6]]],
      ['object', 'global', [['property', 'a', 4]]],
      ['object', 'A', [['property', 'b', 5]]],
      ['object', 'B', [['property', 'c', 6]]],
      ['object', 'Target'],
    ])
    const { reachedBy, order } = walk(snapshot)
    assert.equal(snapshot.edgeName(reachedBy[6]!), 'c')
    assert.equal(order.length, 7)
  })

  test('goes by the stack where nothing else does', () => {
    const nodes: WrittenNode[] = [
      ['synthetic', '', [['element', 1, 1]]],
      ['synthetic', '(GC roots)', [['element', 1, 2]]],
      ['synthetic', '(Stack roots)', [['internal', '1', 3]]],
      ['object', 'Target'],
    ]
    assert.equal(reaches(nodes, 3), true)
  })

  test('adds up what it reaches, and enters nothing that is blocked', () => {
    const snapshot = snapshotOf([
      ['synthetic', '', [['shortcut', 'global', 1]], { self: 0 }],
      [
        'object',
        'Map',
        [
          ['property', 'one', 2],
          ['property', 'two', 3],
        ],
        { self: 100 },
      ],
      ['object', 'One', [['property', 'own', 4]], { self: 10 }],
      ['object', 'Two', [['property', 'shared', 5]], { self: 20 }],
      ['object', 'Own', [['property', 'shared', 5]], { self: 1_000 }],
      ['object', 'Shared', [], { self: 7 }],
    ])
    assert.equal(walk(snapshot).bytes, 1_137)
    const blocked = new Uint8Array(6)
    blocked[2] = 1
    assert.equal(walk(snapshot, { blocked, isCount: true }).bytes, 127, 'what both hold stays')
  })
})

describe('a path', () => {
  const steps = (nodes: readonly WrittenNode[], node: number) => {
    const snapshot = snapshotOf(nodes)
    const names = new Names(snapshot)
    return new Fold(snapshot, walk(snapshot), names)
      .path(node)
      .steps.map((step) => `${step.kind} ${step.name ?? '-'} ${names.type(step.node)}`)
  }

  test('has one step for a Map and its table', () => {
    const nodes: WrittenNode[] = [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'global', [['property', 'clients', 2]]],
      ['object', 'Map', [['internal', 'table', 3]]],
      ['array', '', [['internal', '6', 4]]],
      ['object', 'Target'],
    ]
    assert.deepEqual(steps(nodes, 4), ['root globalThis global', 'property clients Map', 'entry - Target'])
  })

  test('begins at what a module has required, whoever else knows the module', () => {
    const nodes = (holder: string): WrittenNode[] => [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'global', [['property', 'cache', 2]]],
      ['object', 'Object', [['property', '/app/main.cjs', 3]]],
      ['object', holder, [['property', 'children', 4]]],
      ['object', 'Array', [['element', 0, 5]]],
      ['object', 'Target'],
    ]
    assert.deepEqual(steps(nodes('Module'), 5), ['property children Array', 'element - Target'])
    assert.equal(steps(nodes('Parent'), 5)[0], 'root globalThis global', 'control')
  })

  test('goes from the table of handlers to the function that was given', () => {
    const nodes: WrittenNode[] = [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'global', [['property', 'port', 2]]],
      ['object', 'MessagePort', [['property', '<symbol kHandlers>', 3]]],
      ['object', 'Map', [['internal', 'table', 4]]],
      [
        'array',
        '',
        [
          ['internal', '5', 5],
          ['internal', '6', 6],
        ],
      ],
      ['string', 'message'],
      [
        'closure',
        'eventHandler',
        [
          ['property', 'handler', 7],
          ['internal', 'shared', 8],
        ],
      ],
      ['closure', 'told', [['internal', 'shared', 11]]],
      ['code', 'eventHandler', [['internal', 'script', 9]]],
      ['code', '', [['internal', 'name', 10]]],
      ['string', 'node:internal/event_target'],
      ['code', 'told', [['internal', 'script', 12]]],
      ['code', '', [['internal', 'name', 13]]],
      ['string', '/app/main.js'],
    ]
    assert.deepEqual(steps(nodes, 7), [
      'root globalThis global',
      'property port MessagePort',
      'listener message function',
    ])
    nodes[10] = ['string', '/app/other.js']
    assert.equal(steps(nodes, 7).at(-1), 'property handler function', 'control: that of a program is its own')
  })

  test('begins at the variable of a module, whatever was before', () => {
    const nodes = (outer: string): WrittenNode[] => [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'global', [['property', 'run', 2]]],
      ['closure', 'run', [['internal', 'context', 3]]],
      [
        'object',
        'system / Context',
        [
          ['context', 'last', 4],
          ['internal', 'previous', 5],
        ],
      ],
      ['object', 'Target'],
      ['hidden', outer],
    ]
    assert.deepEqual(steps(nodes('system / NativeContext / file'), 4), ['variable last Target'])
    assert.deepEqual(
      steps(nodes('system / Other'), 4),
      ['root globalThis global', 'property run function', 'variable last Target'],
      'control: that of a function stays on its path',
    )
  })

  test('a list of a hundred thousand links is one step, and quickly gone up', () => {
    const length = 100_000
    const nodes: WrittenNode[] = [
      ['synthetic', '', [['shortcut', 'global', 1]]],
      ['object', 'global', [['property', 'head', 2]]],
    ]
    for (let link = 0; link < length; link++) {
      const at = nodes.length
      const next = link + 1 < length ? [['property', 'next', at + 2] as const] : []
      nodes.push(['object', 'Link', [['property', 'value', at + 1], ...next]], ['object', 'Target'])
    }
    const snapshot = snapshotOf(nodes)
    const names = new Names(snapshot)
    const fold = new Fold(snapshot, walk(snapshot), names)
    const targets = snapshot.find({ className: 'Target' })
    assert.equal(targets.length, length)
    // Going up each path link by link would take five billion steps.
    const told = new Set(
      [...targets].map((node) =>
        fold
          .path(node)
          .steps.map(({ kind, name }) => `${kind} ${name}`)
          .join(' > '),
      ),
    )
    assert.deepEqual([...told], ['root globalThis > property head > property value'])
  })

  test('repeats of one, two and three steps are told once', () => {
    const once = (text: string) => withoutRepeats([...text], (step) => step).join('')
    assert.deepEqual(['aab', 'ababac', 'abcabcabcd', 'abcd', 'aabb', 'abab'].map(once), [
      'ab',
      'abac',
      'abcd',
      'abcd',
      'ab',
      'ab',
    ])
  })
})
