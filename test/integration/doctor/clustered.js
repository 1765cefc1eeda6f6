// A cluster of two workers that listen; says the port when both do. The workers end with their primary.
import cluster from 'node:cluster'
import { createServer } from 'node:net'

if (cluster.isPrimary) {
  cluster.setupPrimary({ inspectPort: 0 })
  let left = 2
  cluster.on('listening', (_, { port }) => --left === 0 && console.log(port))
  cluster.fork()
  cluster.fork()
} else createServer().listen(0, '127.0.0.1')
