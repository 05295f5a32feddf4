import { createServer } from 'node:http'

/** `node instant.ts PORT`: a receiver that answers at once and does nothing. */
createServer((request, response) => {
  request.resume()
  response.writeHead(200).end()
}).listen(Number(process.argv[2]), '127.0.0.1')
