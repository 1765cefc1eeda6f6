// The client for peers with a WebSocket built in: newer Node versions run this file, Chromium runs the function in a page.
// Prints (or returns) a Visit, see visit.ts. Needs nothing from outside the function, for it travels as text.

/** @param {string} base such as ws://127.0.0.1:1234 */
export async function visit(base) {
  const mebibyte = 1024 * 1024
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  // Bytes that do not compress, from a small generator, so that both runs send the same.
  const noise = new Uint8Array(mebibyte)
  for (let index = 0, x = 1; index < mebibyte; index += 1) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0
    noise[index] = x >>> 24
  }

  const echo = await connect('/echo')
  const echoes = {
    text: await comesBack('Grüße, 世界 😀'),
    emptyText: await comesBack(''),
    binary: await comesBack(bytes),
    emptyBinary: await comesBack(new Uint8Array(0)),
    mebibyteBinary: await comesBack(noise),
    mebibyteText: await comesBack('0123456789abcdef'.repeat(mebibyte / 16)),
    inOrder: await comeBackInOrder(100),
  }
  const extensions = echo.extensions
  const peerEnds = await endOf(echo, () => echo.close(4001, 'peer is done'))
  const end = await connect('/end')
  const serverEnds = await endOf(end, () => end.send('4002 server is done'))
  return { extensions, echoes, peerEnds, serverEnds }

  function connect(path) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(base + path)
      socket.binaryType = 'arraybuffer'
      socket.onopen = () => resolve(socket)
      socket.onclose = ({ code }) => reject(new Error(`${path} could not be opened: ${code}`))
    })
  }

  function next() {
    return new Promise((resolve, reject) => {
      echo.onmessage = ({ data }) => resolve(data)
      echo.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`))
    })
  }

  async function comesBack(sent) {
    const coming = next()
    echo.send(sent)
    const got = await coming
    if (typeof sent === 'string') return got === sent
    const back = new Uint8Array(got)
    return back.length === sent.length && back.every((byte, index) => byte === sent[index])
  }

  async function comeBackInOrder(count) {
    const got = []
    const all = new Promise((resolve, reject) => {
      echo.onmessage = ({ data }) => {
        got.push(data)
        if (got.length === count) resolve()
      }
      echo.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
    })
    for (let index = 0; index < count; index += 1) echo.send(`message ${index}`)
    await all
    return got.every((data, index) => data === `message ${index}`)
  }

  function endOf(socket, act) {
    return new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => resolve({ code, reason })
      act()
    })
  }
}

if (typeof process === 'object' && process.argv[2]?.startsWith('ws://')) {
  console.log(JSON.stringify(await visit(process.argv[2])))
}
