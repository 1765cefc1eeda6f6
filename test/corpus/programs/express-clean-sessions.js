// The repaired twin of the stores for Express: sessions are only made for those who log in, and go when they log out.
//
// verdict: harmless
import { createServer } from 'node:http'
import { express, session } from '../peers.js'
import { requests } from '../traffic.js'

const app = express()
app.use(session({ store: new session.MemoryStore(), secret: 'corpus', resave: false, saveUninitialized: false }))
app.get('/', (_request, response) => response.end('hello'))
app.get('/buy', (request, response, next) => {
  request.session.basket = ['book']
  request.session.save((error) => {
    if (error) return next(error)
    request.session.destroy(() => response.end('bought'))
  })
})
const http = createServer(app)

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => requests(http.address().port, 50, (number) => (number % 2 ? '/' : '/buy'))
export const stop = () => http.close()
