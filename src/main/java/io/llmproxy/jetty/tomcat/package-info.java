/** Connections that Tomcat hands over, as end points of Jetty's: what speaks on them is the same in every server. */
@NullMarked
package io.llmproxy.jetty.tomcat;

import org.jspecify.annotations.NullMarked;
