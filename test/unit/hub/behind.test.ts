/** Who has come lately is left out of what it has had, until this worker has caught up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomTopic } from '../../../src/connection/topic.ts'
import { Behind } from '../../../src/hub/behind.ts'
import { type Deferred, deferred, turn } from '../../support/deadline.ts'

const ROOM = roomTopic('a')

test('what is up to the marks is left out, for those who came before the others were asked; it is asked until they answer', async () => {
  const asked: Deferred<boolean>[] = []
  const behind = new Behind<{ readonly name: string }>({
    isPast: (marks, { number }) => number <= (marks as number),
    caughtUp: () => {
      const answer = deferred<boolean>()
      asked.push(answer)
      return answer.promise
    },
  })
  const [ada, bob, cyd] = ['ada', 'bob', 'cyd'].map((name) => ({ name }))
  const get = (number: number): string =>
    [...behind.without([ada!, bob!, cyd!], { from: 'w1', topic: ROOM, number })].map(({ name }) => name).join(' ')
  behind.add(ada!, null)
  assert.equal(behind.size, 0, 'without other workers there is nothing to have had')
  behind.add(ada!, 5)
  behind.add(bob!, 7)
  assert.deepEqual([get(5), get(6), get(7), get(8)], ['cyd', 'ada cyd', 'ada cyd', 'ada bob cyd'])
  assert.equal(asked.length, 1)
  asked[0]!.resolve(false)
  await turn()
  assert.deepEqual([asked.length, behind.size], [2, 2])
  behind.add(cyd!, 5)
  asked[1]!.resolve(true)
  await turn()
  assert.deepEqual([behind.size, get(5)], [1, 'ada bob'], 'one came after the others were asked')
  behind.forget(cyd!)
  asked[2]!.resolve(false)
  await turn()
  assert.deepEqual([behind.size, asked.length, get(5)], [0, 3, 'ada bob cyd'])
})
