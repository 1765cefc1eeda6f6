'use strict'
module.exports = {
  limits: { requests: 100, uploads: 5 },
  origins: ['https://example.org', 'https://example.com'],
  readAt: new Date(),
}
