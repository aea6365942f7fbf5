/** A Jetty that serves the web application, whose classes that does not see. */
@NullMarked
package io.llmproxy.jetty.container;

import org.jspecify.annotations.NullMarked;
