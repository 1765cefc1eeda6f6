// Rendered pages are kept by their path, which has an id in it and a query behind it.
//
// verdict: leak
// holder: pages
import { createServer } from 'node:http'
import { express } from '../peers.js'
import { requests } from '../traffic.js'

function cached(render) {
  const pages = Object.create(null) // ← holds
  return async (request, response) => {
    const url = request.originalUrl
    pages[url] ??= { html: await render(request), at: new Date() }
    response.type('html').send(pages[url].html)
  }
}

const app = express()
app.get(
  '/products/:id',
  cached(async ({ params, query }) => `<h1>${params.id}</h1>${query.from}`),
)
const http = createServer(app)
let products = 0

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => requests(http.address().port, 50, (index) => `/products/${++products}?from=${index}`)
export const stop = () => http.close()
