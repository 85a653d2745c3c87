// The image's health check. The admin listener must be where VALETKEY_ADMIN_LISTEN says, or at its default.
const { VALETKEY_ADMIN_LISTEN: listen = '127.0.0.1:44180' } = process.env
const response = await fetch(`http://${listen}/healthz`).catch(() => undefined)
process.exit(response?.ok ? 0 : 1)
