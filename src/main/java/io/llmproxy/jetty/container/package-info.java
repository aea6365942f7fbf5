/** Connections that a Jetty hands over whose classes the web application does not see, as end points of the Jetty that it brings. */
@NullMarked
package io.llmproxy.jetty.container;

import org.jspecify.annotations.NullMarked;
