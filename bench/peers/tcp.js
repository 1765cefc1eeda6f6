// Peer "tcp": what node:net itself can do, the ceiling for any WebSocket server written in JavaScript on it.
//
// It is not a WebSocket server. It answers the upgrade by hand, and from then on only counts bytes: the load generator
// sends equal frames (masked: 4 bytes more than an unmasked frame of the same payload) and trusts the headers of what comes
// back without looking at the payload. So the size of the first frame is read once; for every so many bytes that
// arrive, one ready-made unmasked frame of the same payload size goes back, all answers to one chunk in one write.
// Echoing the very bytes would not do: the generator skips no mask key, and would lose its place in the stream.
// A frame whose opcode is close ends the connection (for `churn`). Nothing is unmasked, checked or bounded.
// Ends when the benchmark ends its process.
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

const ACCEPT_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const BATCH_BYTES_MAX = 1024 * 1024
const batches = new Map()

/** The same unmasked frame again and again, as many as are ever answered in one write. */
function batchOf(header, payloadBytes) {
  const key = `${header[0]}:${payloadBytes}`
  let batch = batches.get(key)
  if (batch === undefined) {
    const frame = Buffer.concat([header, Buffer.alloc(payloadBytes, 'a')])
    const count = Math.max(1, Math.floor(BATCH_BYTES_MAX / frame.length))
    batch = { frame, bytes: Buffer.concat(new Array(count).fill(frame)) }
    batches.set(key, batch)
  }
  return batch
}

/** Reads one frame header: the header an unmasked answer has, and the size of the payload. */
function answerTo(chunk) {
  const code = chunk[1] & 127
  const headerBytes = code < 126 ? 2 : code === 126 ? 4 : 10
  const payloadBytes = code < 126 ? code : code === 126 ? chunk.readUInt16BE(2) : Number(chunk.readBigUInt64BE(2))
  const header = Buffer.from(chunk.subarray(0, headerBytes))
  header[1] = code
  return batchOf(header, payloadBytes)
}

const server = createServer({ noDelay: true }, (socket) => {
  let head = ''
  let answer = null
  let pendingBytes = 0

  function socketOnHead(chunk) {
    head += chunk.toString('latin1')
    if (!head.includes('\r\n\r\n')) return
    const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? ''
    const accept = createHash('sha1')
      .update(key + ACCEPT_SALT)
      .digest('base64')
    socket.off('data', socketOnHead)
    socket.on('data', socketOnData)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  }

  function socketOnData(chunk) {
    if (pendingBytes === 0 && (chunk[0] & 15) === 8) {
      socket.end(Buffer.from([0x88, 0]))
      return
    }
    answer ??= answerTo(chunk)
    const answerBytes = answer.frame.length
    const askBytes = answerBytes + 4
    pendingBytes += chunk.length
    const count = Math.floor(pendingBytes / askBytes)
    if (count === 0) return
    pendingBytes -= count * askBytes
    socket.write(count === 1 ? answer.frame : answer.bytes.subarray(0, count * answerBytes))
  }

  socket.on('data', socketOnHead)
  socket.on('error', () => socket.destroy())
})

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: server.address().port }))
})
