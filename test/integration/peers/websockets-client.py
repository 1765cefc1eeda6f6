"""The client for the peer Python websockets: prints a Visit as JSON, see visit.ts."""
import asyncio
import json
import sys

import websockets

MEBIBYTE = 1024 * 1024


async def visit(base, compression):
    options = {"max_size": None, "compression": compression}
    noise = bytes((index * 2654435761 >> 13) & 255 for index in range(MEBIBYTE))
    echo = await websockets.connect(base + "/echo", **options)

    async def back(*parts):
        await echo.send(parts[0] if len(parts) == 1 else list(parts))
        return await echo.recv() == type(parts[0])().join(parts)

    async def in_order(count):
        for index in range(count):
            await echo.send("message %d" % index)
        return [await echo.recv() for _ in range(count)] == ["message %d" % index for index in range(count)]

    echoes = {
        "text": await back("Grüße, 世界 😀"),
        "emptyText": await back(""),
        "binary": await back(bytes(range(256))),
        "emptyBinary": await back(b""),
        "mebibyteBinary": await back(noise),
        "mebibyteText": await back("0123456789abcdef" * (MEBIBYTE // 16)),
        "inOrder": await in_order(100),
        "fragmentedText": await back("eins ", "zwei ", "", "drei"),
        "fragmentedBinary": await back(b"\1\2", b"", b"\3"),
        "fragmentedMebibyte": await back(*(noise[at : at + 65536] for at in range(0, MEBIBYTE, 65536))),
    }
    extensions = ", ".join(extension.name for extension in echo.extensions)
    await echo.close(4001, "peer is done")

    end = await websockets.connect(base + "/end", **options)
    await end.send("4002 server is done")
    await end.wait_closed()
    return {
        "extensions": extensions,
        "echoes": echoes,
        "peerEnds": {"code": echo.close_code},
        "serverEnds": {"code": end.close_code, "reason": end.close_reason},
    }


base, compression = sys.argv[1:3]
print(json.dumps(asyncio.run(visit(base, None if compression == "none" else compression))))
