import { Type } from 'typebox'
import { strict, text } from './schema-parts.js'

const tlsSchema = Type.Object(
  {
    caFile: Type.Optional(text("The authorities (PEM) to trust instead of the system's.")),
    serverName: Type.Optional(
      text('The name to ask for and to verify, where the URL has another or an address.'),
    ),
    certFile: Type.Optional(text('The client certificate (PEM), with keyFile.')),
    keyFile: Type.Optional(text("The client certificate's private key (PEM).")),
  },
  {
    ...strict,
    description: 'For an https URL. The files are read at each connection.',
  },
)

const urlDescription =
  'http://host:port, https://host:port, or unix:/path/to.sock. A path in it is put before that of each request.'

/** Where a route leads: a URL, or a mapping that says more about the way there. */
export const upstreamSchema = Type.Union(
  [
    text(urlDescription),
    Type.Object(
      {
        url: text(urlDescription),
        tls: Type.Optional(tlsSchema),
        http2: Type.Optional(
          Type.Boolean({
            description:
              'Speak HTTP/2 to the application, with http by prior knowledge; gRPC needs it. WebSockets go by HTTP/1.1 still. `false` by default.',
          }),
        ),
      },
      strict,
    ),
  ],
  { description: 'The application: its URL, or a mapping as below.' },
)
