/**
 * The tables of Linux, as they come: IPv4 and IPv6, and what is no socket.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTcpTable, parseUnixTable, socketInode } from '../../../src/hub/kernel-sockets.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const TCP = `${HEAD}   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1610 1 0000000088179b4f 100 0 0 10 0
  11: 0100007F:1F90 0100007F:D431 08 00000000:00000001 00:00000000 00000000  1000        0 77123 1 0000000000000000 20 4 30 10 -1
`
const TCP6 = `${HEAD}   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:9C40 01 00000000:00000000 02:000003E8 00000000     0        0 9 2 0000000000000000 20 4 30 10 -1
`

test('sockets of IPv4 and IPv6 with port, state and inode', () => {
  assert.deepEqual(parseTcpTable(TCP), [
    { inode: '1610', localPort: 8080, state: 'LISTEN' },
    { inode: '77123', localPort: 8080, state: 'CLOSE_WAIT' },
  ])
  assert.deepEqual(parseTcpTable(TCP6), [{ inode: '9', localPort: 8080, state: 'ESTABLISHED' }])
})

test('a state that is not known is named by its number; what is no socket is left out', () => {
  assert.equal(parseTcpTable(TCP.replace(' 08 ', ' 0F '))[1]?.state, 'state 0F')
  assert.deepEqual(parseTcpTable(''), [])
  assert.deepEqual(parseTcpTable(`${HEAD}nonsense\n  1: x y\n   2: 00:zz 0 01 a b c d e 7\n`), [])
})

test('inodes of Unix-domain sockets and of descriptors', () => {
  const text =
    'Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000002 00000000 00010000 0001 01 24610 /run/x\n0000000000000000: 00000003 00000000 00000000 0001 03 31\n'
  assert.deepEqual(parseUnixTable(text), ['24610', '31'])
  assert.equal(socketInode('socket:[123]'), '123')
  assert.equal(socketInode('anon_inode:[eventpoll]'), null)
  assert.equal(socketInode('/dev/null'), null)
})
