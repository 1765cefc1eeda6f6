// Fails, and has to: what ends in it is kept.
import { test } from '@jest/globals'
import { leaking } from '../cases.js'

test('connections, a request and a session are kept', leaking)
