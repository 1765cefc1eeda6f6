// A counter for each path, where the paths have numbers in them. Every metrics library warns of it.
//
// verdict: leak
// holder: countsByPath
import { createServer } from 'node:http'
import { requests } from '../traffic.js'

const countsByPath = new Map() // ← holds
let orders = 0

const http = createServer((request, response) => {
  const began = performance.now()
  response.on('finish', () => {
    const counts = countsByPath.get(request.url) ?? { requests: 0, milliseconds: 0 }
    counts.requests++
    counts.milliseconds += performance.now() - began
    countsByPath.set(request.url, counts)
  })
  response.end('ok')
})

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => requests(http.address().port, 50, () => `/orders/${++orders}`)
export const stop = () => http.close()
