'use strict'
module.exports = { // ← or holds
  limits: { requests: 100, uploads: 5 },
  origins: ['https://example.org', 'https://example.com'],
  readAt: new Date(),
}
