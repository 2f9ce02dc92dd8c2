import "./page.css";
import { connect } from "../adapter/adapter.js";

const adapter = connect();
adapter.call("list", {}).then((networks) => console.log(networks));
