// express-session without a store: its own MemoryStore keeps a session for each visitor, as its README warns. The line
// is in the library.
//
// verdict: leak
// holder: sessions
// line: express-session/session/memory.js: this.sessions = Object.create(null)
import { createServer } from 'node:http'
import { express, session } from '../peers.js'
import { requests } from '../traffic.js'

const app = express()
app.use(session({ secret: 'corpus', resave: false, saveUninitialized: true }))
app.get('/', (request, response) => {
  request.session.seen = true
  response.end('hello')
})
const http = createServer(app)

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => requests(http.address().port, 50)
export const stop = () => http.close()
