// Fails, and has to: what ends in it is kept.
import { test } from 'vitest'
import { leaking } from '../cases.js'

test('connections, a request and a session are kept', leaking)
