// Passes when `expectNoLeaks` does not: it names what is held as long as it is held, and says so where it cannot judge.
import { expect, jest, test } from '@jest/globals'
import { clean, leaking, letGo, nothing } from '../cases.js'

test('what is held is named until it is let go of', async () => {
  await expect(leaking()).rejects.toMatchObject({ code: 'HF_NOT_RELEASED' })
  letGo()
  await clean()
})

test('with fake timers it does not judge', async () => {
  jest.useFakeTimers()
  try {
    await expect(nothing()).rejects.toMatchObject({ code: 'HF_CENSUS_BLIND' })
  } finally {
    jest.useRealTimers()
  }
  await nothing()
})
