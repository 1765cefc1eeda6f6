/** The writer of lines before a stream that is slow, full for a while, or gone. */
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { LineWriter, WAITING_BYTES_MAX } from '../../../../src/ops/logs/line-writer.ts'

type Passed = (error?: unknown) => void

/** A stream that passes on what it has when it is told to. */
class Slow extends EventEmitter {
  readonly lines: string[] = []
  writableLength = 0
  destroyed = false
  readonly #given: [string, Passed][] = []

  write(line: string, passed: Passed): void {
    this.lines.push(line)
    this.writableLength += line.length
    this.#given.push([line, passed])
  }

  pass(error?: Error): void {
    const [line = '', passed] = this.#given.shift() ?? []
    this.writableLength -= line.length
    passed?.(error)
    if (error !== undefined) this.emit('error', error)
  }
}

function writing(t: TestContext, sink = new Slow()): { sink: Slow; writer: LineWriter; warnings: string[] } {
  const warnings: string[] = []
  const onWarning = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const writer = new LineWriter({
    ...{ sink, pretty: false, colors: false },
    writerOnLost: (lines) => writer.write(`lost ${lines}\n`),
  })
  return { sink, writer, warnings }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const full = (): Error => Object.assign(new Error('no space'), { code: 'ENOSPC' })

describe('a slow stream', () => {
  test('has one line at a time: what it collects it would write in one piece, and lines of others would come in between', (t) => {
    const { sink, writer } = writing(t)
    for (const line of ['a\n', 'b\n', 'c\n']) writer.write(line)
    assert.deepEqual(sink.lines, ['a\n'])
    sink.pass()
    assert.deepEqual(sink.lines, ['a\n', 'b\n'])
    assert.ok(writer.waits)
    sink.pass()
    sink.pass()
    assert.deepEqual(sink.lines, ['a\n', 'b\n', 'c\n'])
    assert.ok(!writer.waits)
  })

  test('is given all that waits at the end, and what was lost is told then too', (t) => {
    const { sink, writer } = writing(t)
    const long = `${'x'.repeat(WAITING_BYTES_MAX / 2)}\n`
    for (let time = 0; time < 5; time++) writer.write(long)
    assert.equal(sink.lines.length, 1, 'one was given, one waits')
    writer.end()
    assert.equal(sink.lines.length, 1, 'one at a time as ever')
    while (writer.waits) sink.pass()
    assert.deepEqual(
      sink.lines.map((line) => line.slice(0, 6)),
      ['xxxxxx', 'xxxxxx', 'lost 3'],
    )
  })

  test('that fails behind the end is no uncaught error', async (t) => {
    const { sink, writer } = writing(t)
    writer.write('a\n')
    writer.end()
    assert.equal(sink.listenerCount('error'), 1)
    sink.pass(Object.assign(new Error('gone'), { code: 'EPIPE' }))
    await turn()
    assert.equal(sink.listenerCount('error'), 0)
  })
})

describe('a stream that fails', () => {
  test('because a disk is full loses lines, and goes on: it says how many', async (t) => {
    const { sink, writer, warnings } = writing(t)
    for (const line of ['a\n', 'b\n', 'c\n']) {
      writer.write(line)
      while (writer.waits) sink.pass(full())
    }
    writer.write('d\n')
    while (writer.waits) sink.pass()
    assert.deepEqual(sink.lines.slice(-2), ['lost 3\n', 'd\n'])
    await turn()
    assert.deepEqual(warnings, ['the log cannot be written now; it goes on when it can: no space'])
  })

  test('because its reader has gone is left alone', async (t) => {
    const { sink, writer, warnings } = writing(t)
    writer.write('a\n')
    writer.write('b\n')
    const failed = once(sink, 'error').catch(() => {})
    sink.pass(Object.assign(new Error('gone'), { code: 'EPIPE' }))
    await failed
    const { length } = sink.lines
    writer.write('c\n')
    assert.equal(sink.lines.length, length)
    assert.ok(!writer.waits)
    await turn()
    assert.deepEqual(warnings, ['the log cannot be written any more: gone'])
  })
})
