/**
 * Lets a client of one dialect be served by an upstream of another. A request is decoded once into a neutral model, and
 * encoded anew for each attempt; answers, streams and errors come back the other way. Bytes in, bytes out: nothing here
 * knows of HTTP, servlets or the configuration.
 */
@NullMarked
package io.llmproxy.convert;

import org.jspecify.annotations.NullMarked;
