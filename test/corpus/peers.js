// What some programs need from test/peers: Express, its sessions, Socket.IO. Holds nothing.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../peers/package.json', import.meta.url))

export const express = require('express')
export const session = require('express-session')
export const { Server } = require('socket.io')
