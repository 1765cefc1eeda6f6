// A histogram whose label is the id of the customer: each makes a dozen series, and they are never forgotten.
//
// verdict: leak
// holder: duration | metrics
import client from 'prom-client'

const register = new client.Registry()

// ↓ or holds
const metrics = {
  // ↓ holds
  duration: new client.Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests take',
    labelNames: ['method', 'customer'],
    registers: [register],
  }),
}

let customers = 0

function observe(handler) {
  return async (request) => {
    const end = metrics.duration.startTimer({ method: request.method, customer: request.customer })
    try {
      return await handler(request)
    } finally {
      end()
    }
  }
}

const show = observe(async ({ customer }) => ({ customer, orders: [] }))

export async function round() {
  for (let index = 0; index < 20; index++) await show({ method: 'GET', customer: `c-${++customers}` })
}
