/** The fence: all that extends Jetty's classes or reaches into its internals stands in a room below. docs/jetty.md lists it. */
@NullMarked
package io.llmproxy.jetty;

import org.jspecify.annotations.NullMarked;
