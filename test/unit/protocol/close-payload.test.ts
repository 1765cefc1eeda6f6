import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeReasonFits, readClosePayload } from '../../../src/protocol/close-payload.ts'

function payload(code: number, reason: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])
}

test('code and reason come out as they were sent', () => {
  assert.deepEqual(readClosePayload(Buffer.alloc(0)), { code: 1005, reason: '', violation: null })
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
    for (const reason of ['', 'bye', 'größer €', 'x'.repeat(123)]) {
      assert.deepEqual(readClosePayload(payload(code, reason)), { code, reason, violation: null })
    }
  }
})

test('one byte is no close payload', () => {
  assert.equal(readClosePayload(Buffer.from([3])).violation?.code, 1002)
})

test('codes that may not stand on the wire are refused with 1002', () => {
  for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
    assert.equal(readClosePayload(payload(code, 'x')).violation?.code, 1002, `${code}`)
  }
})

test('a reason that is not UTF-8 is refused with 1007', () => {
  for (const hex of ['ff', '61c3', 'eda080', 'c0af', 'f4908080']) {
    assert.equal(readClosePayload(payload(1000, Buffer.from(hex, 'hex'))).violation?.code, 1007, hex)
  }
})

test('a reason fits when it has at most 123 bytes, however many characters', () => {
  assert.equal(closeReasonFits('x'.repeat(123)), true)
  assert.equal(closeReasonFits('x'.repeat(124)), false)
  assert.equal(closeReasonFits('é'.repeat(61)), true)
  assert.equal(closeReasonFits('é'.repeat(62)), false)
})
