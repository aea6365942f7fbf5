package io.llmproxy.proxy;

/**
 * Where a request arrived.
 *
 * @param servlet the forward that takes it
 * @param path its path within the forward, as it is to be looked at
 */
record Place(ForwardServlet servlet, RequestPath path) {}
