/**
 * What the launcher changes in Jetty's server: how connections are accepted, bounded and ended, and what HTTP/1 and HTTP/2
 * write. docs/jetty.md gives the reason for each place. It is in the jar only.
 */
@NullMarked
package io.llmproxy.jetty.server;

import org.jspecify.annotations.NullMarked;
