/** The runnable jar: command line, and Jetty in the place of a container. */
@NullMarked
package io.llmproxy.launcher;

import org.jspecify.annotations.NullMarked;
