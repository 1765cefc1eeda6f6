// A store of one's own for express-session, in memory. It does what the interface asks for, and nothing ever expires:
// each visitor without a cookie, and each robot, is a session more.
//
// verdict: leak
// holder: #sessions
import { createServer } from 'node:http'
import { express, session } from '../peers.js'
import { requests } from '../traffic.js'

class HeapStore extends session.Store {
  #sessions = new Map() // ← holds

  get(id, done) {
    done(null, this.#sessions.get(id))
  }

  set(id, value, done) {
    this.#sessions.set(id, value)
    done?.()
  }

  destroy(id, done) {
    this.#sessions.delete(id)
    done?.()
  }
}

const app = express()
app.use(session({ store: new HeapStore(), secret: 'corpus', resave: false, saveUninitialized: true }))
app.get('/', (request, response) => {
  request.session.visits = (request.session.visits ?? 0) + 1
  response.json(request.session.visits)
})
const http = createServer(app)

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => requests(http.address().port, 50)
export const stop = () => http.close()
