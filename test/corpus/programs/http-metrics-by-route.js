// The repaired twin of http-metrics-by-url: counters by route. There are three, and they only count.
//
// verdict: harmless
import { createServer } from 'node:http'
import { requests } from '../traffic.js'

const countsByRoute = new Map()
let orders = 0

const http = createServer((request, response) => {
  const began = performance.now()
  response.on('finish', () => {
    const route = request.url.replace(/\d+/, ':id')
    const counts = countsByRoute.get(route) ?? { requests: 0, milliseconds: 0 }
    counts.requests++
    counts.milliseconds += performance.now() - began
    countsByRoute.set(route, counts)
  })
  response.end('ok')
})

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () =>
  requests(http.address().port, 50, (index) => `/${['orders', 'users', 'items'][index % 3]}/${++orders}`)
export const stop = () => http.close()
