// Counts what is being worked on, for /health.
export async function inflight(app) {
  app.decorate('inflight', new Map()) // ← holds

  app.addHook('onRequest', async (request) => {
    app.inflight.set(request.id, { url: request.url, method: request.method, startedAt: process.hrtime.bigint() })
  })

  app.addHook('onSend', async (request) => {
    app.inflight.delete(request.id)
  })

  app.get('/health', async () => ({ inflight: app.inflight.size }))
}
inflight[Symbol.for('skip-override')] = true
