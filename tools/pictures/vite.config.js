export default { build: { target: "esnext", minify: false }, server: { port: 5199, host: "127.0.0.1" }, preview: { port: 5199, host: "127.0.0.1" } };
