// Loaded before tsx, which looks through every file that is loaded after it. That takes longer than loading these.
require("@azure/communication-identity");
require("reflect-metadata");
require("@peculiar/x509");
require("hono");
require("@hono/node-server");
