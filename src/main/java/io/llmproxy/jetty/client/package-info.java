/**
 * What is changed in Jetty's client: how it opens and pools connections, what it writes and what it remembers of a connection.
 * docs/jetty.md gives the reason for each place.
 */
@NullMarked
package io.llmproxy.jetty.client;

import org.jspecify.annotations.NullMarked;
