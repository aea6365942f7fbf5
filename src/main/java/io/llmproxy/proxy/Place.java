package io.llmproxy.proxy;

/**
 * Where a request arrived.
 *
 * @param servlet the forward that takes it
 * @param path its path within the forward, as the client wrote it
 */
record Place(ForwardServlet servlet, String path) {}
