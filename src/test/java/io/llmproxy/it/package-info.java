/** Tests from outside, on the built artefacts: the launcher, the WAR on Tomcat and the WAR on Jetty. */
@NullMarked
package io.llmproxy.it;

import org.jspecify.annotations.NullMarked;
