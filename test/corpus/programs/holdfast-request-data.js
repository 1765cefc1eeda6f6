// What was copied out of the upgrade request is written down for each visitor, for a page of statistics that nobody
// has opened since. Seen where somebody wanted to know which browsers come.
//
// verdict: leak
// holder: seen
import { createServer } from 'holdfast'
import { visits } from '../traffic.js'

const statistics = {
  since: new Date(),
  seen: [], // ← holds
}
const server = createServer()

server.route('/room/:room', {
  upgrade({ headers, query, remoteAddress }) {
    const visit = { visitor: query.get('visitor'), host: headers.get('host'), remoteAddress, at: Date.now() }
    statistics.seen.push(visit)
    return visit
  },
})

export const start = () => server.listen({ port: 0 })
export const round = () => visits(server.port, 50)
export const stop = () => server.close()
